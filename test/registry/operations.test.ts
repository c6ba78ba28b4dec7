import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import type { RegistryName, RepositoryName } from '../../src/reference.ts';
import type { CallOptions } from '../../src/registry/registry.ts';
import { V1, withHost, type ClientOnHost } from './client-on-host.ts';
import { digestOf, manifestOf } from './content.ts';
import { behindTokens, reply } from './http-host.ts';

const MANIFEST = manifestOf({ layers: [] });
const SMALL = Buffer.from('small');
const BLOB = { digest: digestOf(SMALL), size: SMALL.length };

interface Operation {
  readonly run: (parts: ClientOnHost, options: CallOptions) => Promise<unknown>;
  readonly method: string;
  /** As it is counted. */
  readonly class: string;
  /** As an error says it; `R` stands for the repository, `H` for the host. */
  readonly doing: string;
  readonly scopes: readonly string[];
  /** Whether a connection that breaks lets it be sent again. */
  readonly repeatable: boolean;
}

const PULL = ['repository:app:pull'];
const PUSH = ['repository:app:pull,push'];
const reading = { method: 'GET', scopes: PULL, repeatable: true };
const uploadOf = ({ repository, server }: ClientOnHost) => ({ repository, location: new URL(`${server.origin}/up`) });

/** Everything that the client asks of a registry. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  ping: {
    ...reading,
    run: ({ registry, server }, options) => registry.ping(server.host, options),
    class: 'ping',
    doing: 'reach the registry H',
    scopes: [],
  },
  headManifest: {
    ...reading,
    run: ({ registry, repository }, options) => registry.headManifest(repository, V1, options),
    method: 'HEAD',
    class: 'manifest.head',
    doing: 'look for R:v1',
  },
  getManifest: {
    ...reading,
    run: ({ registry, repository }, options) => registry.getManifest(repository, V1, options),
    class: 'manifest.get',
    doing: 'read the manifest of R:v1',
  },
  putManifest: {
    run: ({ registry, repository }, options) => registry.putManifest(repository, V1, MANIFEST, options),
    method: 'PUT',
    class: 'manifest.put',
    doing: 'write R:v1',
    scopes: PUSH,
    repeatable: true,
  },
  listRepository: {
    ...reading,
    run: ({ registry, repository }, options) => registry.listRepository(repository, options),
    class: 'tags.list',
    doing: 'list R',
  },
  listReferrers: {
    ...reading,
    run: ({ registry, repository }, options) => registry.listReferrers(repository, BLOB.digest, options),
    class: 'referrers.get',
    doing: `list the referrers of R@${BLOB.digest}`,
  },
  hasBlob: {
    ...reading,
    run: ({ registry, repository }, options) => registry.hasBlob(repository, BLOB.digest, options),
    method: 'HEAD',
    class: 'blob.head',
    doing: `look for the blob ${BLOB.digest} in R`,
  },
  openBlob: {
    ...reading,
    run: async ({ registry, repository }, options) => buffer(await registry.openBlob(repository, BLOB, options)),
    class: 'blob.get',
    doing: `read the blob ${BLOB.digest} of R`,
  },
  readBlob: {
    ...reading,
    run: ({ registry, repository }, options) => registry.readBlob(repository, BLOB.digest, options),
    class: 'blob.get',
    doing: `read the blob ${BLOB.digest} of R`,
  },
  deleteTag: {
    run: ({ registry, repository }, options) => registry.deleteTag(repository, V1, options),
    method: 'DELETE',
    class: 'manifest.delete',
    doing: 'delete the tag v1 of R',
    scopes: PUSH,
    repeatable: true,
  },
  openUpload: {
    run: ({ registry, repository }, options) => registry.openUpload(repository, options),
    method: 'POST',
    class: 'upload.post',
    doing: 'open an upload to R',
    scopes: PUSH,
    repeatable: true,
  },
  mountBlob: {
    run: ({ registry, repository, server }, options) =>
      registry.mountBlob(repository, BLOB.digest, `${server.host}/base` as RepositoryName, options),
    method: 'POST',
    class: 'blob.mount',
    doing: `mount the blob ${BLOB.digest} of H/base into R`,
    scopes: [...PUSH, 'repository:base:pull'],
    repeatable: true,
  },
  putBlob: {
    run: (parts, options) => parts.registry.putBlob(uploadOf(parts), BLOB, () => SMALL, options),
    method: 'PUT',
    class: 'upload.put',
    doing: `write the blob ${BLOB.digest} to R`,
    scopes: PUSH,
    repeatable: false,
  },
  putBlobAtOnce: {
    run: ({ registry, repository }, options) => registry.putBlobAtOnce(repository, BLOB, () => SMALL, options),
    method: 'POST',
    class: 'upload.post',
    doing: `write the blob ${BLOB.digest} to R`,
    scopes: PUSH,
    repeatable: false,
  },
  walk: {
    ...reading,
    run: async ({ registry, server }, options) => {
      for await (const held of registry.walk(server.host as unknown as RegistryName, options))
        assert.fail(held.repository);
    },
    class: 'catalog',
    doing: 'list the repositories of H',
    scopes: ['registry:catalog:*'],
  },
};

const credentials = () => Promise.resolve({ kind: 'password', username: 'u', password: 'p' } as const);

describe('what is asked of a registry', () => {
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    it(`by ${name} is counted as what it is, has the scopes that it needs, and says what it was`, async () => {
      await withHost(
        // Nothing has another meaning for 409.
        behindTokens((_request, response) => reply(response, 409)),
        async (parts) => {
          const { registry, repository, server } = parts;
          const doing = operation.doing.replaceAll('R', repository).replaceAll('H', server.host);
          await assert.rejects(operation.run(parts, {}), (error: Error) => {
            assert.ok(
              error.message.includes(`could not ${doing}: ${operation.method} ${server.origin}/`),
              error.message,
            );
            return true;
          });
          const counted = registry.stats().requests.filter(({ status }) => status === 409);
          assert.deepEqual(
            counted.map((one) => one.class),
            [operation.class],
          );
          const [token] = server.seen.filter(({ path }) => path.startsWith('/token'));
          const { searchParams } = new URL(token?.path ?? '', server.origin);
          assert.deepEqual(searchParams.getAll('scope').toSorted(), operation.scopes.toSorted());
        },
        { credentials },
      );
    });

    it(`by ${name} is ${operation.repeatable ? '' : 'not '}sent again after a connection broke`, async () => {
      await withHost(
        (_request, response) => response.socket?.destroy(),
        async (parts) => {
          await assert.rejects(operation.run(parts, {}), { code: 'RegistryUnavailable' });
          assert.equal(parts.server.seen.length, operation.repeatable ? 3 : 1);
        },
        { retry: { firstDelayMs: 1, maxDelayMs: 1, tries: 3 } },
      );
    });

    it(`by ${name} is given up when it is cancelled`, async () => {
      const cancelling = new AbortController();
      const reason = new Error('cancelled by the operator');
      await withHost(
        () => cancelling.abort(reason),
        async (parts) => {
          await assert.rejects(operation.run(parts, { signal: cancelling.signal }), reason);
          assert.equal(parts.server.seen.length, 1);
        },
      );
    });
  }
});
