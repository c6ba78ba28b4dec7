import assert from 'node:assert/strict';
import { createProveApproval } from '../../src/activities/approval.ts';
import { createLookAtCalendar } from '../../src/activities/calendar.ts';
import { failingClearly } from '../../src/activities/failures.ts';
import type { Proof } from '../../src/gate/github-proof.ts';
import { createBench, failure, type Bench } from './support.ts';

const COMMIT = 'c'.repeat(40);
const REFUSED: Proof = { approved: false, why: 'nobody has reviewed it' };
const GIVEN: Proof = { approved: true, by: 'jane', proof: 'https://github.com/review' };

describe('approval activities', () => {
  let bench: Bench;
  before(async () => {
    bench = await createBench();
  });
  after(() => bench.dispose());

  function asking(answers: readonly Proof[], repository: string | undefined = 'kubernetes/k8s.io') {
    const left = [...answers];
    const next = async (): Promise<Proof> => left.shift() ?? REFUSED;
    const proofs = { review: next, signature: async () => GIVEN };
    const gate = {
      rule: 'none' as const,
      freeze: [],
      proofs,
      pauseMs: 1,
      ...(repository === '' ? {} : { repository }),
    };
    return failingClearly(createProveApproval({ ...bench.dependencies, gate }));
  }

  it('ask until there is a proof', async () => {
    const input = { rule: 'github-review', commit: COMMIT, patienceMs: 60_000 } as const;
    assert.deepEqual(await bench.run(asking([REFUSED, REFUSED, GIVEN]), input), GIVEN);
  });

  it('say what is missing when the time is over', async () => {
    const input = { rule: 'github-review', commit: COMMIT, patienceMs: 0 } as const;
    assert.deepEqual(await bench.run(asking([]), input), REFUSED);
    assert.deepEqual(await bench.run(asking([]), { ...input, rule: 'signed-commit' }), GIVEN);
  });

  it('fail for good where nobody could prove anything', async () => {
    const input = { rule: 'github-review', patienceMs: 0 } as const;
    const noCommit = failure('RequestInvalid', /the run names no commit: take the manifests from git/, false);
    await assert.rejects(bench.run(asking([]), input), noCommit);
    const short = failure('RequestInvalid', /names 'main', which is no full commit id/, false);
    await assert.rejects(bench.run(asking([]), { ...input, commit: 'main' }), short);
    const nowhere = failure('ConfigInvalid', /set approval\.repository/, false);
    await assert.rejects(bench.run(asking([], ''), { ...input, commit: COMMIT }), nowhere);
  });

  it('look at the signature of a commit themselves where a worker knows who may sign', async () => {
    const url = 'https://git.example/manifests';
    const input = { rule: 'signed-commit', commit: COMMIT, patienceMs: 60_000 } as const;
    const asked: unknown[] = [];
    const looking = (proof: Proof) => {
      const proveSignature = async (placed: unknown): Promise<Proof> => {
        asked.push(placed);
        return proof;
      };
      const gate = { ...bench.dependencies.gate, proveSignature };
      return failingClearly(createProveApproval({ ...bench.dependencies, gate }));
    };
    assert.deepEqual(await bench.run(looking(GIVEN), { ...input, url }), GIVEN);
    const refused = failure('RequestInvalid', /^nobody has reviewed it, .*nothing was copied/, false);
    await assert.rejects(bench.run(looking(REFUSED), { ...input, url }), refused);
    assert.deepEqual(
      asked,
      [1, 2].map(() => ({ url, commit: COMMIT })),
    );
  });

  it('look into the calendar of the worker and of the request', async () => {
    const gate = { ...bench.dependencies.gate, freeze: [{ from: 'Fri 16:00', to: 'Mon 08:00', reason: 'weekend' }] };
    const look = (now: string) => createLookAtCalendar({ ...bench.dependencies, gate }, () => Date.parse(now));
    const asked = [{ from: '2026-11-18', to: '2026-11-19', reason: 'drill' }];
    const saturday = await bench.run(look('2026-11-21T00:00:00Z'), { freeze: asked });
    assert.deepEqual(saturday, { frozen: true, until: Date.parse('2026-11-23T08:00:00Z'), reason: 'weekend' });
    const wednesday = await bench.run(look('2026-11-18T12:00:00Z'), { freeze: asked });
    assert.deepEqual(wednesday, { frozen: true, until: Date.parse('2026-11-19T00:00:00Z'), reason: 'drill' });
    assert.deepEqual(await bench.run(look('2026-11-19T12:00:00Z'), { freeze: asked }), { frozen: false });
  });
});
