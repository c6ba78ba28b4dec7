import assert from 'node:assert/strict';
import { renderPhases, renderQuarantine, renderReport } from '../../src/client/report-text.ts';
import type { PromotionReport, QuarantinedEdge } from '../../src/workflows/messages.ts';
import { NOW, sampleReport } from './sample-report.ts';

const PLAN = { digest: `sha256:${'a'.repeat(64)}`, shards: 1, edges: 3, verdicts: {}, hosts: [] };

function lines(change: Partial<PromotionReport>): readonly string[] {
  return renderReport(sampleReport(change)).trimEnd().split('\n');
}

describe('renderReport', () => {
  it('counts verdicts in words', () => {
    const verdicts = { promote: 1_200, 'tag-missing': 3, done: 40, 'tag-move': 2, lost: 1 };
    assert.equal(
      lines({ outcome: 'dry-run', plan: { ...PLAN, verdicts } })[0],
      'Plan: 1,246 edges: 1,200 to promote, 3 to tag, 40 already there, 2 would move a tag, 1 lost at the source.',
    );
  });

  it('says that a dry run wrote nothing', () => {
    assert.deepEqual(lines({ outcome: 'dry-run', plan: PLAN }), [
      'Plan: no edges.',
      'Dry run complete, exiting before promotion: nothing was written. Give --confirm to promote.',
    ]);
  });

  it('says that there was nothing to do', () => {
    const plan = { ...PLAN, edges: 0, verdicts: { done: 1 } };
    assert.deepEqual(lines({ outcome: 'done', plan }), ['Plan: 1 edge: 1 already there.', 'Nothing to promote.']);
  });

  it('says what was copied, checked and signed', () => {
    const copied = { edges: 4, present: 1, manifests: 6, blobs: 1, mounted: 2, bytes: 2048 };
    const report = lines({
      outcome: 'done',
      plan: { ...PLAN, verdicts: { promote: 5 } },
      copied,
      verified: { provenance: { checked: 2, quarantined: 1 } },
      signatures: { signed: 3, attested: 3, valid: 1, handed: 2, failed: 1 },
    });
    assert.deepEqual(report.slice(1), [
      'Provenance: 2 digests checked, 1 refused.',
      'Promoted 4 edges, 1 found there: 6 manifests, 1 blob uploaded and 2 mounted, 2.0 KiB.',
      'Signatures: signed 3 images, attested 3, 1 were already, signatures given to 2 destinations, 1 could not be given theirs.',
    ]);
  });
});

describe('renderPhases', () => {
  it('aligns what is known of each phase', () => {
    assert.equal(
      renderPhases(sampleReport(), NOW),
      [
        '  setup    done     0.4 s                  12 edges in 2 files',
        '  plan     done     20 s',
        '  promote  running  40 s        10/40',
        '  sign     pending',
        '',
      ].join('\n'),
    );
  });
});

describe('renderQuarantine', () => {
  const edge: QuarantinedEdge = {
    source: 'staging.example/app',
    digest: `sha256:${'b'.repeat(64)}`,
    destination: 'mirror.example/app',
    phase: 'plan',
    reason: 'lost',
    message: 'it is not there',
  };

  it('names each edge with its reason', () => {
    assert.equal(
      renderQuarantine([{ ...edge, tag: 'v1' }, edge], 2),
      `Quarantined 2 edges:
  mirror.example/app:v1
    lost: it is not there
  mirror.example/app@sha256:${'b'.repeat(64)}
    lost: it is not there
`,
    );
  });

  it('says how many are not shown', () => {
    assert.match(
      renderQuarantine([edge], 1_001),
      /Quarantined 1,001 edges:\n[^…]*… and 1,000 more \(--json prints all\)\n$/,
    );
  });

  it('is silent without any', () => {
    assert.equal(renderQuarantine([], 0), '');
  });
});
