import assert from 'node:assert/strict';
import type { RepositoryName } from '../../src/reference.ts';
import type { ListLimits } from '../../src/registry/paging.ts';
import { pagesFrom } from '../../src/registry/paging.ts';
import { withHost } from './client-on-host.ts';
import { digestOf } from './content.ts';
import { reply } from './http-host.ts';
import { aRequest, aResponse } from './requests.ts';

const A = digestOf('a');
const B = digestOf('b');

function googleEntries(count: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [digestOf(String(index)), { tag: [] }]));
}

describe('listing a repository', () => {
  it('follows pages to their end', async () => {
    await withHost(
      ({ path }, response) => {
        if (path.includes('last=b')) reply(response, 200, {}, { name: 'app', tags: ['c'] });
        else reply(response, 200, { link: '</v2/app/tags/list?last=b&n=2>; rel="next"' }, { tags: ['a', 'b'] });
      },
      async ({ registry, repository, server }) => {
        const listing = await registry.listRepository(repository);
        assert.deepEqual(listing, { kind: 'names', tags: new Set(['a', 'b', 'c']) });
        assert.equal(server.seen[0]?.path, '/v2/app/tags/list?n=10000');
        assert.equal(server.seen.length, 2);
      },
    );
  });

  it('refuses pages that never end or lead elsewhere', async () => {
    for (const link of [
      '</v2/app/tags/list?n=10000>; rel="next"',
      '<https://evil.example/v2/app/tags/list>; rel="next"',
    ]) {
      await withHost(
        (_request, response) => reply(response, 200, { link }, { tags: ['a'] }),
        async ({ registry, repository, server }) => {
          await assert.rejects(registry.listRepository(repository), { code: 'RegistryProtocol' });
          assert.equal(server.seen.length, 1);
        },
      );
    }
  });

  it('refuses a list without end whose pages all differ', async () => {
    const request = aRequest({ url: new URL('https://registry.example/v2/app/tags/list') });
    let page = 0;
    const following = () =>
      aResponse(200, { link: `</v2/app/tags/list?last=${(page += 1)}>; rel="next"` }, 'x'.repeat(100));
    const caller = { send: () => Promise.resolve(following()) };
    const readAll = async (limits: ListLimits): Promise<number> => {
      page = 0;
      for await (const { response } of pagesFrom(caller, { request, response: following() }, limits)) {
        assert.equal(response.status, 200);
      }
      return page;
    };
    const refused = (message: RegExp) => ({ code: 'RegistryProtocol', message });
    await assert.rejects(readAll({ pages: 7, bytes: 1_000_000 }), refused(/lists without end/));
    assert.equal(page, 7);
    await assert.rejects(readAll({ pages: 1_000, bytes: 450 }), refused(/lists more than 450 bytes/));
    assert.equal(page, 5);
  });

  it('uses Google’s extension where it is offered', async () => {
    const manifest = { [A]: { tag: ['v1', 'latest'], mediaType: 'x' }, [B]: { tag: [] }, 'sha512:x': { tag: ['v2'] } };
    await withHost(
      (_request, response) => reply(response, 200, {}, { tags: ['v1', 'latest'], manifest, child: [] }),
      async ({ registry, repository }) => {
        assert.deepEqual(await registry.listRepository(repository), {
          kind: 'digests',
          digests: new Map([
            [A, ['v1', 'latest']],
            [B, []],
          ]),
        });
      },
    );
  });

  it('joins the pages of Google’s extension', async () => {
    await withHost(
      ({ path }, response) => {
        const second = path.includes('page=2');
        const link: Record<string, string> = second ? {} : { link: '<?page=2>; rel="next"' };
        const manifest = second ? { [A]: { tag: ['v2'] }, [B]: { tag: ['v3'] } } : { [A]: { tag: ['v1'] } };
        reply(response, 200, link, { tags: [], manifest });
      },
      async ({ registry, repository }) => {
        const listing = await registry.listRepository(repository);
        assert.ok(listing.kind === 'digests');
        assert.deepEqual(listing.digests.get(A), ['v1', 'v2']);
        assert.deepEqual(listing.digests.get(B), ['v3']);
      },
    );
  });

  it('knows an empty repository by Google’s extension', async () => {
    await withHost(
      (_request, response) => reply(response, 200, {}, { tags: [], manifest: {} }),
      async ({ registry, repository }) => {
        assert.deepEqual(await registry.listRepository(repository), { kind: 'digests', digests: new Map() });
      },
    );
  });

  it('does not take an answer for complete that may have been cut off', async () => {
    for (const count of [9_999, 10_000]) {
      await withHost(
        (_request, response) => reply(response, 200, {}, { tags: ['v1'], manifest: googleEntries(count) }),
        async ({ registry, repository }) => {
          assert.equal((await registry.listRepository(repository)).kind, count < 10_000 ? 'digests' : 'names');
        },
      );
    }
  });

  it('takes a repository that does not exist for an empty one', async () => {
    await withHost(
      (_request, response) => reply(response, 404, {}, { errors: [{ code: 'NAME_UNKNOWN' }] }),
      async ({ registry, repository }) => {
        assert.deepEqual(await registry.listRepository(repository), { kind: 'names', tags: new Set() });
      },
    );
  });

  it('does not take the 404 of something else for an empty repository', async () => {
    await withHost(
      (_request, response) => reply(response, 404, { 'content-type': 'text/html' }, '<h1>Not here</h1>'),
      async ({ registry, repository }) => {
        await assert.rejects(registry.listRepository(repository), { code: 'RegistryNotFound' });
      },
    );
  });

  it('asks for smaller pages where large ones are refused', async () => {
    await withHost(
      ({ path }, response) => {
        if (path.includes('n=')) reply(response, 400, {}, { errors: [{ code: 'PAGINATION_NUMBER_INVALID' }] });
        else reply(response, 200, {}, { tags: ['a'] });
      },
      async ({ registry, repository }) => {
        assert.deepEqual(await registry.listRepository(repository), { kind: 'names', tags: new Set(['a']) });
      },
    );
  });

  it('drops names that are none, of tags and of Google’s digests', async () => {
    const names = ['a', 7, null, '', 'with space', '.hidden'];
    const manifest = { [A]: { tag: names }, [B]: null };
    await withHost(
      ({ path }, response) =>
        reply(response, 200, {}, path.includes('google') ? { tags: names, manifest } : { tags: names }),
      async ({ registry, repository, server }) => {
        assert.deepEqual(await registry.listRepository(repository), { kind: 'names', tags: new Set(['a']) });
        const extended = await registry.listRepository(`${server.host}/google` as RepositoryName);
        assert.deepEqual(extended, {
          kind: 'digests',
          digests: new Map([
            [A, ['a']],
            [B, []],
          ]),
        });
      },
    );
  });

  it('takes pages for Google’s where all of them are', async () => {
    for (const manifest of [undefined, null, 7]) {
      await withHost(
        ({ path }, response) => {
          if (path.includes('page=2')) reply(response, 200, {}, { tags: ['v2'], manifest });
          else
            reply(
              response,
              200,
              { link: '<?page=2>; rel="next"' },
              { tags: ['v1'], manifest: { [A]: { tag: ['v1'] } } },
            );
        },
        async ({ registry, repository }) => {
          assert.deepEqual(await registry.listRepository(repository), { kind: 'names', tags: new Set(['v1', 'v2']) });
        },
      );
    }
  });

  it('fails where a later page does', async () => {
    for (const status of [400, 500]) {
      await withHost(
        ({ path }, response) => {
          if (path.includes('page=2')) reply(response, status, {}, { errors: [{ code: 'TOO_MUCH' }] });
          else reply(response, 200, { link: '<?page=2>; rel="next"' }, { tags: ['v1'] });
        },
        async ({ registry, repository }) => {
          await assert.rejects(registry.listRepository(repository), /answered \d+ TOO_MUCH/);
        },
      );
    }
  });

  it('reads null for no tags, and nothing else that is no list', async () => {
    for (const [body, code] of [
      ['{"tags":null}', undefined],
      ['{"tags":7}', 'RegistryProtocol'],
      ['<html>', 'RegistryProtocol'],
      ['null', 'RegistryProtocol'],
    ] as const) {
      await withHost(
        (_request, response) => reply(response, 200, {}, body),
        async ({ registry, repository }) => {
          const listing = registry.listRepository(repository);
          if (code === undefined) assert.deepEqual(await listing, { kind: 'names', tags: new Set() });
          else await assert.rejects(listing, { code });
        },
      );
    }
  });
});
