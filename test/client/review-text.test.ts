import assert from 'node:assert/strict';
import fc from 'fast-check';
import { renderReview, type PlanReview, type ReviewedImage } from '../../src/client/review-text.ts';
import { digestOf } from '../manifest/sample-bundle.ts';

const A = digestOf('a');
const image: ReviewedImage = {
  source: 'gcr.io/staging/app',
  digest: A,
  platforms: ['linux/amd64', 'linux/arm64'],
  bytes: 3 * 1024 * 1024,
  created: '2026-01-02T03:04:05Z',
  sourceRepository: 'https://example.com/app',
  sourceCommit: 'abc',
  signature: { verdict: 'verified', why: 'it is signed by somebody' },
  provenance: { verdict: 'absent', why: 'it has no attestation' },
  vulnerabilities: { CRITICAL: 1, LOW: 2 },
  edges: [
    { destination: 'eu.gcr.io/prod/app', tag: 'v1', verdict: 'promote', before: null },
    { destination: 'us.gcr.io/prod/app', tag: 'v1', verdict: 'promote', before: null },
  ],
};
const refused = {
  source: 'gcr.io/staging/app',
  digest: A,
  destination: 'eu.gcr.io/prod/app',
  tag: 'v0',
  phase: 'plan',
  reason: 'tag-move',
  message: 'tag moves are not supported',
  before: digestOf('b'),
};

describe('a review', () => {
  it('is Markdown for a pull request', () => {
    assert.equal(
      renderReview({ images: [image], refused: [refused], commit: 'c0ffee' }, 'markdown'),
      `### Promotion of 1 image to 2 places, 1 edge cannot be promoted at c0ffee

#### \`gcr.io/staging/app@aaaaaaaaaaaa\`

- tags: \`v1\`
- to: \`eu.gcr.io/prod/app\` and 1 more registry
- platforms: \`linux/amd64\`, \`linux/arm64\`
- size: 3.0 MiB
- created: \`2026-01-02T03:04:05Z\`
- source: \`https://example.com/app\` (by its label), commit \`abc\`
- signature: ✓ verified: \`it is signed by somebody\`
- provenance: – absent: \`it has no attestation\`
- vulnerabilities: 1 critical, 2 low

#### Cannot be promoted

- \`eu.gcr.io/prod/app:v0\`: tag-move: \`tag moves are not supported\`; it points to \`${digestOf('b')}\`
`,
    );
  });

  it('says what is attested rather than what a label says', () => {
    const provenance = { verdict: 'pass', why: 'signed', source: 'https://github.com/org/app' };
    const text = renderReview({ images: [{ ...image, provenance }], refused: [] }, 'text');
    assert.match(text, /source: {10}https:\/\/github\.com\/org\/app \(attested\), commit abc\n/);
  });

  it('says that there is nothing', () => {
    assert.equal(renderReview({ images: [], refused: [] }, 'text'), 'Nothing to promote\n\n');
  });

  it('lets no text from an image format the Markdown, link or mention anybody', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const hostile: PlanReview = {
          images: [{ ...image, sourceRepository: text, signature: { verdict: 'verified', why: text } }],
          refused: [{ ...refused, message: text }],
        };
        const plain = renderReview({ images: [image], refused: [refused] }, 'markdown');
        const lines = (review: string) => review.split('\n').map((line) => line.replace(/`[^`]*`/g, '`'));
        assert.deepEqual(
          lines(renderReview(hostile, 'markdown')).filter((line) => !line.startsWith('- source')),
          lines(plain).filter((line) => !line.startsWith('- source')),
        );
      }),
    );
  });
});
