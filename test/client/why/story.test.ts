import assert from 'node:assert/strict';
import type { RunFacts } from '../../../src/client/report/facts.ts';
import { tellStory, type EdgeRecords } from '../../../src/client/why/story.ts';
import { renderStories } from '../../../src/client/why/text.ts';
import type { PlacedEdge } from '../../../src/client/why/edges.ts';
import { edgeKey } from '../../../src/plan/draft.ts';
import type { Digest, RepositoryName, Tag } from '../../../src/reference.ts';
import { PHASES, type PhaseName, type PhaseState, type QuarantinedEdge } from '../../../src/workflows/messages.ts';
import { sampleFacts } from '../report/sample-facts.ts';

const EDGE: PlacedEdge = {
  source: 'staging.example/app-0' as RepositoryName,
  digest: `sha256:${'ab'.repeat(32)}` as Digest,
  destination: 'mirror-0.example/production/app-0' as RepositoryName,
  tag: 'v1' as Tag,
  file: 'images/project/images.yaml',
  line: 7,
};
const KEY = edgeKey(EDGE);
const ID = 'promotion/prod.example+2';

/** A run whose phases stand as given; those that are not mentioned are done. */
function run(states: Partial<Record<PhaseName, PhaseState>>, ended = true): RunFacts {
  const { failure: _, ...status } = sampleFacts({ text: '', edges: 1, hosts: 1 }).status;
  const report = status.report ?? assert.fail();
  const phases = PHASES.map((name) => ({
    name,
    state: states[name] ?? ('done' as const),
    startedAt: 0,
    note: 'noted',
  }));
  const times = ended ? { endedAt: '2026-03-01T11:00:00Z' } : {};
  return {
    ...sampleFacts({ text: '', edges: 1, hosts: 1 }),
    status: { ...status, ...times, state: ended ? 'done' : 'running', report: { ...report, phases } },
  };
}

function records(change: Partial<EdgeRecords> = {}): EdgeRecords {
  return { planned: new Map([[KEY, 'promote']]), quarantined: new Map(), residue: [], ...change };
}

function kept(phase: string, reason: string): Pick<EdgeRecords, 'quarantined'> {
  const { tag, digest, source, destination } = EDGE;
  const edge: QuarantinedEdge = { source, digest, destination, tag: tag ?? '', phase, reason, message: 'why not' };
  return { quarantined: new Map([[KEY, [edge]]]) };
}

describe('the story of an edge', () => {
  it('that was promoted', () => {
    const { verdict, steps, advice, signatures } = tellStory(EDGE, run({}), records());
    assert.equal(verdict, 'promote');
    assert.deepEqual(
      steps.map(({ phase, outcome }) => [phase, outcome]),
      ['provenance', 'validate', 'promote', 'sign', 'attest'].map((phase) => [phase, 'passed']),
    );
    assert.equal(signatures.length, 1);
    assert.equal(advice, 'Nothing to do: it was promoted.');
  });

  it('that was there', () => {
    const { verdict, steps, advice } = tellStory(EDGE, run({}), records({ planned: new Map() }));
    assert.deepEqual([verdict, steps], ['done', []]);
    assert.match(advice, /^Nothing to do: it was there/);
  });

  it('that the plan kept back', () => {
    const { verdict, steps, advice } = tellStory(
      EDGE,
      run({}),
      records({ planned: new Map(), ...kept('plan', 'lost') }),
    );
    assert.deepEqual([verdict, steps], ['lost', []]);
    assert.equal(
      advice,
      `Push the digest to the staging registry again, or remove the entry from the manifest. Then: promoter retry '${ID}'`,
    );
  });

  it('that a policy kept back goes no further', () => {
    const { steps } = tellStory(EDGE, run({}), records(kept('provenance', 'provenance-absent')));
    assert.deepEqual(steps, [{ phase: 'provenance', outcome: 'kept-back', detail: 'provenance-absent: why not' }]);
  });

  it('whose signature a mirror did not take was promoted all the same', () => {
    const { steps } = tellStory(EDGE, run({}), records(kept('sign', 'RegistryDenied')));
    assert.deepEqual(
      steps.map(({ outcome }) => outcome),
      ['passed', 'passed', 'passed', 'kept-back', 'passed'],
    );
  });

  it('that is being tried again says why', () => {
    const { source, digest, destination } = EDGE;
    const group = { source, digest, targets: [{ repository: destination, tags: [], hasDigest: false }] };
    const residue = [{ group, reason: 'RegistryUnavailable', message: 'answered 503', transient: true }];
    const states = { promote: 'running', sign: 'pending', attest: 'pending' } as const;
    const story = tellStory(EDGE, run(states, false), records({ residue }));
    assert.equal(story.setback, 'answered 503');
    assert.deepEqual(
      story.steps.slice(2).map(({ outcome }) => outcome),
      ['under-way', 'pending', 'pending'],
    );
    assert.equal(story.advice, `Wait for it: promoter watch '${ID}'`);
    assert.equal(tellStory(EDGE, run({}), records({ residue })).setback, undefined, 'of an ended run nothing is tried');
  });

  it('in a held run says what to mend', () => {
    const { steps, advice } = tellStory(EDGE, run({ sign: 'held', attest: 'pending' }, false), records());
    assert.deepEqual(steps[3], { phase: 'sign', outcome: 'held', detail: 'noted' });
    assert.match(advice, /^Mend what holds sign, then: promoter retry/);
  });

  it('that this run is not about', () => {
    assert.equal(tellStory(EDGE, run({}), records({ only: new Set() })).verdict, 'not-in-this-run');
    assert.equal(tellStory(EDGE, run({}), records({ only: new Set([KEY]) })).verdict, 'promote');
  });

  it('is printed with its place in the manifests', () => {
    const text = renderStories([tellStory(EDGE, run({}), records())], { total: 3, head: 'head', ui: undefined });
    assert.match(text, /^mirror-0\.example\/production\/app-0:v1\n {2}digest {6}sha256:/m);
    assert.match(text, /^ {2}manifest {4}images\/project\/images\.yaml:7$/m);
    assert.match(text, /log entry 0 https:\/\/search\.sigstore\.dev\/\?logIndex=0/);
    assert.match(text, /^… and 2 more edges; /m);
  });

  it('is printed with the commit of that place, where there is one', () => {
    const story = tellStory({ ...EDGE, commit: 'c0ffee' }, run({}), records());
    const text = renderStories([story], { total: 1, head: 'head', ui: undefined });
    assert.match(text, /^ {2}manifest {4}images\/project\/images\.yaml:7 at c0ffee$/m);
  });
});
