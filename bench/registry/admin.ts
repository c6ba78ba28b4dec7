import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createInterface } from 'node:readline';
import { digestOf, repeated } from './contents.ts';
import type { Counters } from './counters.ts';
import { behaviourOf, type Behaviour, type Settings } from './settings.ts';
import type { State } from './state.ts';

/** One image, or one blob that is only to be known, on its way into the registry without a request of the API. */
export interface LoadLine {
  readonly host: string;
  readonly repository: string;
  /** Contents, in base64. */
  readonly blobs?: readonly string[];
  /** Blobs of so many bytes that take no room. */
  readonly largeBlobs?: readonly { readonly size: number; readonly seed: string }[];
  readonly manifests?: readonly {
    readonly bytes: string;
    readonly mediaType: string;
    readonly tags: readonly string[];
  }[];
}

export interface ShareRequest {
  readonly from: string;
  readonly to: string;
  /** Repositories below the first path are found below the second one then. */
  readonly paths: readonly (readonly [string, string])[];
}

export interface AdminContext {
  readonly state: State;
  readonly counters: Counters;
  settings: Settings;
  behaviour: Behaviour;
}

/**
 * Serves what tests and measurements steer the registry by: `GET /counts`, `GET /state?host=`, and `POST` to `/reset`,
 * `/settings`, `/load` (lines of {@link LoadLine}), `/share` ({@link ShareRequest}), `/snapshot`, `/restore` and `/clear`.
 */
export function createAdmin(context: AdminContext): Server {
  return createServer((request, response) => {
    handle(context, request).then(
      (value) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value ?? {})),
      (error: unknown) => response.writeHead(400).end(String(error)),
    );
  });
}

async function handle(context: AdminContext, request: IncomingMessage): Promise<unknown> {
  const { state, counters } = context;
  const url = new URL(request.url ?? '', 'http://admin');
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /counts':
      return counters.counts();
    case 'GET /state':
      return tagsOf(state, url.searchParams.get('host') ?? '');
    case 'POST /reset':
      counters.reset();
      context.behaviour = behaviourOf(context.settings);
      return undefined;
    case 'POST /settings':
      context.settings = { ...context.settings, ...(JSON.parse(await textOf(request)) as Partial<Settings>) };
      context.behaviour = behaviourOf(context.settings);
      return context.settings;
    case 'POST /load':
      return load(state, request);
    case 'POST /share':
      return share(state, JSON.parse(await textOf(request)) as ShareRequest);
    case 'POST /snapshot':
      return state.snapshot(url.searchParams.get('name') ?? '');
    case 'POST /restore':
      if (!state.restore(url.searchParams.get('name') ?? '')) throw new Error('there is no such snapshot');
      return undefined;
    case 'POST /clear':
      return state.clear();
    default:
      throw new Error(`${request.method} ${url.pathname} is not known`);
  }
}

async function load(state: State, request: IncomingMessage): Promise<void> {
  for await (const line of createInterface({ input: request })) {
    const { host, repository, blobs = [], largeBlobs = [], manifests = [] } = JSON.parse(line) as LoadLine;
    const held = state.open(host, repository);
    const contents = [
      ...blobs.map((blob) => Buffer.from(blob, 'base64')),
      ...largeBlobs.map(({ size, seed }) => repeated(size, seed)),
    ];
    for (const content of contents) {
      const digest = digestOf(content);
      if (!state.contents.has(digest)) state.contents.set(digest, content);
      held.addBlob(digest);
    }
    for (const { bytes, mediaType, tags } of manifests) {
      const content = Buffer.from(bytes, 'base64');
      const digest = digestOf(content);
      state.contents.set(digest, content);
      const manifest = { mediaType, size: content.length, uploadedMs: Date.now() };
      held.addManifest(digest, manifest);
      for (const tag of tags) held.addManifest(digest, manifest, tag);
    }
  }
}

function share(state: State, { from, to, paths }: ShareRequest): void {
  state.share(from, to, (path) => {
    const pair = paths.find(([below]) => path.startsWith(`${below}/`));
    return pair && `${pair[1]}${path.slice(pair[0].length)}`;
  });
}

function tagsOf(state: State, host: string): Record<string, Record<string, string>> {
  const repositories = [...state.repositories(host)];
  return Object.fromEntries(repositories.map(([path, { tags }]) => [path, Object.fromEntries(tags)]));
}

async function textOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await request.toArray()).toString();
}
