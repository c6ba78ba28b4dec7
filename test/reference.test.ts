import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PromoterError } from '../src/errors.ts';
import { formatReference, hostOf, isDigest, isTag, parseRepository, pathOf } from '../src/reference.ts';

const HOSTS = ['registry.example', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000'];
const component = fc.stringMatching(/^[a-z0-9]{1,4}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/);
const noise = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(fc.constantFrom('registry.example', '/', '..', '.', 'app', '@', ':', '?', '#', '%2f', '\\', 'A', '\n'), {
      maxLength: 8,
    })
    .map((parts) => parts.join('')),
);

describe('references', () => {
  it('are a host and a path, and come apart as they were put together', () => {
    const path = fc.array(component, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.constantFrom(...HOSTS), path, (host, components) => {
        const repository = parseRepository([host, ...components].join('/'));
        assert.deepEqual([hostOf(repository), pathOf(repository)], [host, components.join('/')]);
      }),
    );
  });

  it('lead nowhere but to a repository of their host, whatever they are made of', () => {
    fc.assert(
      fc.property(noise, (text) => {
        try {
          const repository = parseRepository(text);
          const url = new URL(`https://${hostOf(repository)}/v2/${pathOf(repository)}/tags/list`);
          assert.equal(url.host, hostOf(repository).toLowerCase().replace(/:443$/, ''));
          assert.equal(url.pathname, `/v2/${pathOf(repository)}/tags/list`);
          assert.equal(url.search + url.hash + url.username, '');
        } catch (error) {
          assert.ok(error instanceof PromoterError && error.code === 'RequestInvalid', String(error));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('have a tag or a digest of no other letters than a path may have', () => {
    fc.assert(
      fc.property(noise, (text) => {
        if (!isTag(text) && !isDigest(text)) return;
        assert.equal(
          new URL(`https://registry.example/v2/app/manifests/${text}`).pathname,
          `/v2/app/manifests/${text}`,
        );
        assert.match(formatReference(parseRepository('registry.example/app'), text), /^registry\.example\/app[:@]/);
      }),
    );
    for (const text of ['..', '.hidden', '', 'a/b', 'v1\n', 'x'.repeat(129), `sha256:${'A'.repeat(64)}`]) {
      assert.ok(!isTag(text) && !isDigest(text), text);
    }
  });
});
