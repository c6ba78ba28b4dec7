import assert from 'node:assert/strict';
import { createReadBack } from '../../src/activities/read-back.ts';
import { PromoterError } from '../../src/errors.ts';
import type { Group } from '../../src/plan/document.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import type { RepositoryListing } from '../../src/registry/registry.ts';

const HERE = 'one.example/prod/app' as RepositoryName;
const { signal } = new AbortController();
const digestOf = (letter: string): Digest => `sha256:${letter.repeat(64)}` as Digest;

function group(letter: string, ...tags: string[]): Group {
  const target = { repository: HERE, tags: tags as Tag[], hasDigest: false };
  return { source: 'staging.example/app' as RepositoryName, digest: digestOf(letter), targets: [target] };
}

/** A registry that lists this, and answers that; what it was asked is in `asked`. */
function registryWith(listed: RepositoryListing | PromoterError, heads: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  return {
    asked,
    listRepository: async () => {
      asked.push('list');
      if (listed instanceof PromoterError) throw listed;
      return listed;
    },
    headManifest: async (_repository: RepositoryName, reference: string) => {
      asked.push(reference);
      const letter = heads[reference];
      return letter === undefined ? undefined : { digest: digestOf(letter), mediaType: 'x', size: 1 };
    },
  };
}

const names = (...tags: string[]): RepositoryListing => ({ kind: 'names', tags: new Set(tags as Tag[]) });

describe('reading back what was promoted', () => {
  it('takes one listing for a repository where listings tell digests, and asks for what they do not show', async () => {
    const digests = new Map([[digestOf('a'), ['1' as Tag]]]);
    const registry = registryWith({ kind: 'digests', digests }, { 2: 'b', 3: 'x' });
    const residue = await createReadBack(registry).read(
      [group('a', '1'), group('b', '2'), group('c', '3', '4')],
      signal,
    );
    assert.deepEqual(registry.asked, ['list', '2', '3', '4']);
    assert.deepEqual(
      residue.map(({ reason, transient, group: { targets } }) => [reason, transient, targets[0]?.tags]),
      [
        ['tag-move', false, ['3']],
        ['RegistryProtocol', true, ['4']],
      ],
    );
  });

  it('asks for each where listings tell names alone, and lists there no more', async () => {
    const registry = registryWith(names('1', '2'), { 1: 'a', 2: 'b' });
    const readBack = createReadBack(registry);
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(await readBack.read([group('a', '1'), group('b', '2')], signal), []);
    }
    assert.deepEqual(registry.asked, ['list', '1', '2', '1', '2']);
  });

  it('asks for the digest of what has no tag, and for a single tag without a listing', async () => {
    const registry = registryWith(names(), { [digestOf('a')]: 'a' });
    assert.deepEqual(await createReadBack(registry).read([group('a')], signal), []);
    assert.deepEqual(registry.asked, [digestOf('a')]);
  });

  it('asks where it may not list, and keeps the reason when it cannot ask', async () => {
    const registry = registryWith(new PromoterError('RegistryDenied', 'no'), {});
    registry.headManifest = async () => {
      throw new PromoterError('RegistryUnavailable', 'answered 503');
    };
    const residue = await createReadBack(registry).read([group('a', '1', '2')], signal);
    assert.deepEqual(
      residue.map(({ reason, message, transient }) => [reason, message, transient]),
      [
        ['RegistryUnavailable', 'answered 503', true],
        ['RegistryUnavailable', 'answered 503', true],
      ],
    );
  });
});
