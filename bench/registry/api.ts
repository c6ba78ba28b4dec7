import * as blobs from './blobs.ts';
import * as manifests from './manifests.ts';
import { Received } from './received.ts';
import { emptyReply, errorReply, type Call, type Reply } from './reply.ts';
import type { Route } from './route.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';
import { challenge, issueToken } from './tokens.ts';

/** The distribution API over a state. */
export interface Api {
  /** Where the body of a request goes. */
  sinkOf(route: Route): Received;
  /** Answers when the body has come. */
  answer(call: Call, route: Route, received: Received, settings: Settings): Reply;
}

/** Makes the API. */
export function createApi(state: State): Api {
  const uploads = blobs.createUploads();
  return {
    sinkOf({ class: routeClass, reference }) {
      const continued = routeClass === 'upload.patch' || routeClass === 'upload.put';
      return (continued ? uploads.find(reference) : undefined) ?? new Received();
    },
    answer(call, route, received, settings) {
      const refused = settings.tokens ? challenge(call, route) : undefined;
      if (refused !== undefined) return refused;
      switch (route.class) {
        case 'ping':
          return emptyReply(200);
        case 'token':
          return issueToken(route);
        case 'tags.list':
          return manifests.listTags(state, call, route, settings.google);
        case 'manifest.head':
        case 'manifest.get':
          return manifests.readManifest(state, call, route);
        case 'manifest.put':
          return manifests.writeManifest(state, call, route, received);
        case 'manifest.delete':
          return manifests.deleteManifest(state, call, route);
        case 'referrers.get':
          return manifests.listReferrers(state, call, route);
        case 'blob.head':
        case 'blob.get':
          return blobs.readBlob(state, call, route);
        case 'blob.delete':
          return blobs.deleteBlob(state, call, route);
        case 'blob.mount':
          return blobs.mountBlob(state, uploads, call, route);
        case 'upload.post':
          return blobs.openUpload(state, uploads, call, route, received, settings.singlePost);
        case 'upload.patch':
          return blobs.continueUpload(uploads, route);
        case 'upload.put':
          return blobs.closeUpload(state, uploads, call, route);
        case 'upload.get':
          return blobs.lookAtUpload(uploads, route);
        case 'upload.delete':
          uploads.close(route.reference);
          return emptyReply(204);
        case 'catalog':
        case 'other':
          return errorReply(404, 'UNSUPPORTED', 'not found');
      }
    },
  };
}
