import assert from 'node:assert/strict';
import type { RegistryName, RepositoryName } from '../../src/reference.ts';
import type { HeldRepository, WalkOptions } from '../../src/registry/walk.ts';
import { withHost, type ClientOnHost } from './client-on-host.ts';
import { digestOf } from './content.ts';
import { reply, type Answer } from './http-host.ts';

const A = digestOf('a');
const B = digestOf('b');
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** Reads a registry of the host to its end. */
async function walked(
  { registry, server }: ClientOnHost,
  path: string,
  options?: WalkOptions,
): Promise<readonly HeldRepository[]> {
  const held: HeldRepository[] = [];
  for await (const one of registry.walk(`${server.host}${path}` as RegistryName, options)) held.push(one);
  return held.toSorted((a, b) => (a.repository < b.repository ? -1 : 1));
}

function pathsOf(held: readonly HeldRepository[]): string[] {
  return held.map(({ repository }) => repository.slice(repository.indexOf('/')));
}

const NOT_FOUND = { errors: [{ code: 'NAME_UNKNOWN' }] };

/** A registry without Google's extension: tags by repository, all pointing to {@link A}. */
function plainRegistry(repositories: Readonly<Record<string, readonly string[]>>): Answer {
  return ({ path, method }, response) => {
    const [, name, rest = ''] = /^\/v2\/(.*?)\/(tags\/list|manifests\/).*$/.exec(path) ?? [];
    const tags = name === undefined ? undefined : repositories[name];
    if (path.startsWith('/v2/_catalog')) {
      const last = path.includes('last=');
      const names = Object.keys(repositories);
      const link: Record<string, string> = last ? {} : { link: '</v2/_catalog?n=1&last=x>; rel="next"' };
      reply(response, 200, link, { repositories: last ? [...names.slice(1), 'Not/A/Name'] : names.slice(0, 1) });
    } else if (tags === undefined) reply(response, 404, {}, NOT_FOUND);
    else if (rest === 'tags/list') reply(response, 200, {}, { name, tags });
    else {
      assert.equal(method, 'HEAD');
      reply(response, 200, { 'docker-content-digest': A, 'content-type': INDEX, 'content-length': '2' });
    }
  };
}

describe('walking a registry', () => {
  describe('with Google’s extension', () => {
    const listings: Readonly<Record<string, object>> = {
      '/v2/prod': { child: ['app', 'sub'], manifest: {}, tags: [] },
      '/v2/prod/app': {
        child: [],
        manifest: { [A]: { tag: ['v1'], mediaType: INDEX, timeUploadedMs: '1700000000000' }, [B]: { tag: [] } },
        tags: ['v1'],
      },
      '/v2/prod/sub': { child: ['app'], manifest: { [B]: { tag: ['v2'], mediaType: 'x' } }, tags: ['v2'] },
      '/v2/prod/sub/app': { child: [], manifest: { [A]: { tag: [], mediaType: INDEX } }, tags: [] },
    };
    const google: Answer = ({ path }, response) => {
      const listing = listings[path.replace(/\/tags\/list.*/, '')];
      reply(response, listing === undefined ? 404 : 200, {}, listing ?? NOT_FOUND);
    };

    it('goes down the children, one listing each, and leaves out what is empty', async () => {
      await withHost(google, async (parts) => {
        const held = await walked(parts, '/prod');
        assert.deepEqual(pathsOf(held), ['/prod/app', '/prod/sub', '/prod/sub/app']);
        assert.deepEqual(
          [...(held[0]?.digests ?? [])],
          [
            [A, { tags: ['v1'], mediaType: INDEX, uploadedAt: 1_700_000_000_000 }],
            [B, { tags: [], mediaType: '' }],
          ],
        );
        assert.ok(held.every(({ complete }) => complete));
        assert.equal(parts.server.seen.length, 4);
      });
    });

    it('asks for the tags that a listing which may be cut off does not describe', async () => {
      const tags = Array.from({ length: 10_000 }, (_, at) => `v${at}`);
      const manifest = { [A]: { tag: tags.slice(0, -1), mediaType: INDEX } };
      const cut: Answer = ({ method }, response) => {
        if (method === 'GET') reply(response, 200, {}, { child: [], manifest, tags });
        else reply(response, 200, { 'docker-content-digest': B, 'content-type': INDEX, 'content-length': '2' });
      };
      await withHost(cut, async (parts) => {
        const [held] = await walked(parts, '/prod');
        assert.deepEqual(held?.digests.get(B)?.tags, ['v9999']);
        assert.equal(held?.complete, false);
        assert.equal(parts.server.seen.length, 2);
      });
    });

    it('refuses repositories without end', async () => {
      const endless: Answer = (_request, response) =>
        reply(response, 200, {}, { child: ['a'], manifest: {}, tags: [] });
      await withHost(endless, async (parts) => {
        await assert.rejects(walked(parts, '/prod'), { code: 'RegistryProtocol' });
      });
    });
  });

  describe('without it', () => {
    const repositories = { prod: ['v0'], 'prod/app': ['v1', 'v2'], 'prod/empty': [], prod2: ['v1'], other: ['v1'] };

    it('reads what the catalogue names at or below it, one listing each', async () => {
      await withHost(plainRegistry(repositories), async (parts) => {
        const held = await walked(parts, '/prod');
        assert.deepEqual(pathsOf(held), ['/prod', '/prod/app']);
        assert.deepEqual([...(held[1]?.digests ?? [])], [[A, { tags: ['v1', 'v2'], mediaType: INDEX }]]);
        assert.ok(held.every(({ complete }) => !complete));
        const lists = parts.server.seen.filter(({ path }) => path.includes('/tags/list')).map(({ path }) => path);
        assert.equal(new Set(lists).size, lists.length);
        assert.equal(lists.length, 3);
      });
    });

    it('reads a whole host', async () => {
      await withHost(plainRegistry(repositories), async (parts) => {
        assert.deepEqual(pathsOf(await walked(parts, '')), ['/other', '/prod', '/prod/app', '/prod2']);
      });
    });

    it('says what to do where there is no catalogue', async () => {
      const closed: Answer = ({ path }, response) =>
        path.startsWith('/v2/_catalog') ? reply(response, 404, {}, 'no') : reply(response, 404, {}, NOT_FOUND);
      await withHost(closed, async (parts) => {
        await assert.rejects(walked(parts, '/prod'), {
          code: 'RegistryRefused',
          message: /does not list its repositories: .*--snapshot-repositories/,
        });
      });
    });

    it('reads the repositories that it is given', async () => {
      await withHost(plainRegistry(repositories), async (parts) => {
        const names = ['prod/app', 'prod/none'].map((path) => `${parts.server.host}/${path}` as RepositoryName);
        assert.deepEqual(pathsOf(await walked(parts, '/prod', { repositories: names })), ['/prod/app']);
        assert.ok(!parts.server.seen.some(({ path }) => path.includes('_catalog')));
      });
    });
  });

  it('reads 1,350 repositories with 46,000 digests by one listing each, a few at a time', async () => {
    const names = Array.from({ length: 1350 }, (_, at) => `app-${at}`);
    let open = 0;
    let most = 0;
    const big: Answer = ({ path }, response) => {
      most = Math.max(most, ++open);
      const at = names.indexOf(/\/prod\/(.*)\/tags/.exec(path)?.[1] ?? '');
      const count = at < 0 ? 0 : 34 + (at < 100 ? 1 : 0);
      const manifest = Object.fromEntries(
        Array.from({ length: count }, (_, n) => [digestOf(`${at}-${n}`), { tag: [`v${n}`], mediaType: INDEX }]),
      );
      setImmediate(() => {
        open--;
        reply(response, 200, {}, { child: at < 0 ? names : [], manifest, tags: [] });
      });
    };
    await withHost(big, async (parts) => {
      let digests = 0;
      let repositories = 0;
      for await (const held of parts.registry.walk(`${parts.server.host}/prod` as RegistryName)) {
        digests += held.digests.size;
        repositories++;
      }
      assert.deepEqual([repositories, digests, parts.server.seen.length], [1350, 46_000, 1351]);
      assert.ok(most <= 16, `${most} at once`);
    });
  }).timeout(20_000);
});
