import assert from 'node:assert/strict';
import type { Descriptor, ManifestContent } from '../../src/registry/registry.ts';
import { fallbackTag } from '../../src/registry/referrers.ts';
import { withHost } from './client-on-host.ts';
import { digestOf, manifestOf } from './content.ts';
import type { Answer } from './http-host.ts';
import { reply } from './http-host.ts';

const SUBJECT = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf('subject'), size: 7 };
const INDEX = 'application/vnd.oci.image.index.v1+json';
const TAG = fallbackTag(SUBJECT.digest);

function signature(name: string): ManifestContent {
  return manifestOf({ artifactType: 'example/signature', annotations: { name }, layers: [], subject: SUBJECT });
}

/** A registry without the referrers API that keeps manifests; `beforeWrite` may spoil the index. */
function keeping(manifests: Map<string, Buffer>, afterTagged: () => void = () => undefined): Answer {
  return ({ method, path, body }, response) => {
    const reference = path.split('/').at(-1) ?? '';
    if (path.includes('/referrers/')) return reply(response, 404, {}, '404 page not found');
    if (method === 'PUT') {
      manifests.set(reference, body);
      if (reference === TAG) afterTagged();
      return reply(response, 201);
    }
    const found = manifests.get(reference);
    return found === undefined ? reply(response, 404) : reply(response, 200, { 'content-type': INDEX }, found);
  };
}

describe('listing referrers', () => {
  const one: Descriptor = { mediaType: 'a/b', digest: digestOf('1'), size: 1, artifactType: 'c/d' };
  const two: Descriptor = { mediaType: 'a/b', digest: digestOf('2'), size: 2 };

  it('asks the API, page by page', async () => {
    await withHost(
      ({ path }, response) => {
        if (path.includes('page=2')) reply(response, 200, {}, { manifests: [two, { digest: 'nonsense' }] });
        else reply(response, 200, { link: '<?page=2>; rel="next"' }, { manifests: [one] });
      },
      async ({ registry, repository, server }) => {
        assert.deepEqual(await registry.listReferrers(repository, SUBJECT.digest), [one, two]);
        assert.equal(server.seen[0]?.path, `/v2/app/referrers/${SUBJECT.digest}`);
      },
    );
  });

  it('does not take for a list what is none', async () => {
    for (const body of ['', 'null', '7', '<html>']) {
      await withHost(
        (_request, response) => reply(response, 200, {}, body),
        async ({ registry, repository }) => {
          await assert.rejects(registry.listReferrers(repository, SUBJECT.digest), {
            code: 'RegistryProtocol',
            message: /answered something that is not JSON/,
          });
        },
      );
    }
  });

  it('reads the fallback tag where there is no API, and remembers that', async () => {
    const manifests = new Map([[TAG as string, Buffer.from(JSON.stringify({ manifests: [one] }))]]);
    await withHost(keeping(manifests), async ({ registry, repository, server }) => {
      assert.deepEqual(await registry.listReferrers(repository, SUBJECT.digest), [one]);
      assert.deepEqual(await registry.listReferrers(repository, digestOf('unsigned')), []);
      assert.equal(server.seen.filter(({ path }) => path.includes('/referrers/')).length, 1);
    });
  });
});

describe('pushing a referrer', () => {
  it('takes one request where the registry lists it by itself', async () => {
    await withHost(
      (_request, response) => reply(response, 201, { 'oci-subject': SUBJECT.digest }),
      async ({ registry, repository, server }) => {
        await registry.pushReferrer(repository, SUBJECT, signature('one'));
        assert.equal(server.seen.length, 1);
      },
    );
  });

  it('adds it to the index under the fallback tag elsewhere, once', async () => {
    const manifests = new Map<string, Buffer>();
    await withHost(keeping(manifests), async ({ registry, repository }) => {
      const pushed = signature('one');
      await registry.pushReferrer(repository, SUBJECT, pushed);
      await registry.pushReferrer(repository, SUBJECT, pushed);
      assert.deepEqual(await registry.listReferrers(repository, SUBJECT.digest), [
        {
          mediaType: pushed.mediaType,
          digest: pushed.digest,
          size: pushed.bytes.length,
          artifactType: 'example/signature',
          annotations: { name: 'one' },
        },
      ]);
    });
  });

  it('loses none of many pushed at once', async () => {
    const manifests = new Map<string, Buffer>();
    await withHost(keeping(manifests), async ({ registry, repository }) => {
      const names = Array.from({ length: 10 }, (_, index) => `signature ${index}`);
      await Promise.all(names.map((name) => registry.pushReferrer(repository, SUBJECT, signature(name))));
      const listed = await registry.listReferrers(repository, SUBJECT.digest);
      assert.deepEqual(new Set(listed.map(({ annotations }) => annotations?.['name'])), new Set(names));
    });
  });

  it('adds it again when another writer took it out', async () => {
    const manifests = new Map<string, Buffer>();
    let writes = 0;
    const rival = { mediaType: 'a/b', digest: digestOf('rival'), size: 1 };
    const answer = keeping(manifests, () => {
      writes += 1;
      if (writes < 3) manifests.set(TAG, Buffer.from(JSON.stringify({ manifests: [rival] })));
    });
    await withHost(answer, async ({ registry, repository }) => {
      await registry.pushReferrer(repository, SUBJECT, signature('one'));
      const digests = (await registry.listReferrers(repository, SUBJECT.digest)).map(({ digest }) => digest);
      assert.deepEqual(digests, [rival.digest, signature('one').digest]);
    });
  });

  it('tries as long as eight times', async () => {
    const manifests = new Map<string, Buffer>();
    let writes = 0;
    const answer = keeping(manifests, () => {
      writes += 1;
      if (writes < 8) manifests.delete(TAG);
    });
    await withHost(answer, async ({ registry, repository }) => {
      await registry.pushReferrer(repository, SUBJECT, signature('one'));
      assert.equal(writes, 8);
    });
  });

  it('says of an entry what its configuration is, where it says nothing else', async () => {
    const manifests = new Map<string, Buffer>();
    await withHost(keeping(manifests), async ({ registry, repository }) => {
      for (const more of [{ config: { mediaType: 'example/config' } }, {}]) {
        await registry.pushReferrer(repository, SUBJECT, manifestOf({ layers: [], subject: SUBJECT, ...more }));
      }
      const listed = await registry.listReferrers(repository, SUBJECT.digest);
      assert.deepEqual(
        listed.map((entry) => [entry.artifactType, 'annotations' in entry]),
        [
          ['example/config', false],
          [undefined, false],
        ],
      );
    });
  });

  it('fails when others keep taking it out', async () => {
    const manifests = new Map<string, Buffer>();
    const answer = keeping(manifests, () => manifests.delete(TAG));
    await withHost(answer, async ({ registry, repository }) => {
      await assert.rejects(registry.pushReferrer(repository, SUBJECT, signature('one')), {
        code: 'RegistryUnavailable',
      });
    });
  });
});
