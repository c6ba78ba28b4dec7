import type { RunFacts } from '../../../src/client/report/facts.ts';
import { addTraffic } from '../../../src/client/report/traffic.ts';
import type { Digest, RepositoryName } from '../../../src/reference.ts';
import type { PhaseRow, QuarantinedEdge } from '../../../src/workflows/messages.ts';
import { sampleReport } from '../sample-report.ts';

const STARTED = Date.parse('2026-03-01T10:00:00Z');
const SECOND = 1_000;
const DIGEST = `sha256:${'ab'.repeat(32)}` as Digest;

/** The facts of a run of ten minutes to some hosts. */
export interface SampleRun {
  /** What every text from outside is made of. */
  readonly text: string;
  /** Edges of the plan, as many quarantined ones, and as many signatures. */
  readonly edges: number;
  readonly hosts: number;
}

/** Facts as they are read of a run, with texts and sizes of a test's choice. */
export function sampleFacts({ text, edges, hosts }: SampleRun): RunFacts {
  const names = Array.from({ length: hosts }, (_, at) => `mirror-${at}.example${text}`);
  const span = { startedAt: STARTED, endedAt: STARTED + 600 * SECOND };
  const quarantine = Array.from({ length: edges }, (_, at): QuarantinedEdge => ({
    source: `staging.example/app-${at}${text}`,
    digest: DIGEST,
    destination: `${names[at % hosts]}/production/app-${at}`,
    ...(at % 2 === 0 ? { tag: `v1${text}` } : {}),
    phase: 'promote',
    reason: at % 3 === 0 ? 'tag-move' : `RegistryDenied${text}`,
    message: `PUT answered 403${text}`,
  }));
  const phases: readonly PhaseRow[] = [
    { name: 'setup', state: 'done', startedAt: STARTED, endedAt: STARTED + 2 * SECOND, note: `12 edges${text}` },
    { name: 'plan', state: 'done', startedAt: STARTED + 2 * SECOND, endedAt: STARTED + 60 * SECOND },
    { name: 'provenance', state: 'done', startedAt: STARTED + 60 * SECOND, endedAt: STARTED + 61 * SECOND },
    { name: 'validate', state: 'skipped', startedAt: STARTED + 61 * SECOND, endedAt: STARTED + 61 * SECOND },
    { name: 'promote', state: 'done', startedAt: STARTED + 61 * SECOND, endedAt: STARTED + 500 * SECOND },
    { name: 'sign', state: 'held', startedAt: STARTED + 500 * SECOND, note: `Fulcio answers 500${text}` },
    { name: 'attest', state: 'pending' },
  ];
  const seconds = Array.from({ length: 440 }, (_, at) => at);
  return {
    status: {
      kind: 'promotion',
      workflowId: `promotion/prod.example+2${text}`,
      runId: `run${text}`,
      state: 'held',
      phase: 'sign',
      destinations: names,
      startedAt: new Date(STARTED).toISOString(),
      failure: `it failed${text}`,
      report: sampleReport({
        outcome: 'held',
        phases,
        plan: { digest: DIGEST, shards: 3, edges, verdicts: { promote: edges, lost: 2 }, hosts: names },
        hold: { phase: 'sign', reason: `Fulcio answers 500${text}`, since: STARTED + 500 * SECOND },
        warnings: [`no attestation${text}`],
      }),
    },
    span,
    readAt: span.endedAt,
    request: { manifests: DIGEST, commit: `0123abc${text}` },
    ui: `https://temporal.example/${text}`,
    plan: {
      rows: quarantine.slice(0, 500).map(({ source, digest, destination, tag }) => ({
        source,
        digest,
        destination,
        verdict: 'promote',
        ...(tag === undefined ? {} : { tag }),
      })),
      edges,
      hosts: names.map((host) => ({ host, promote: edges, tag: 1 })),
    },
    quarantine,
    traffic: addTraffic(
      names.map((host, at) => ({
        startedAt: STARTED + 61 * SECOND,
        stepMs: SECOND,
        hosts: {
          [host]: {
            requests: seconds.map((second) => Math.round((40 + 30 * Math.sin(second / (20 + at))) / (at + 1))),
            throttled: seconds.map((second) => (second % 97 < 6 ? 5 : 0)),
          },
        },
      })),
      span,
    ),
    signatures: quarantine.map(({ digest }, at) => ({
      kind: at % 2 === 0 ? 'signature' : 'attestation',
      format: 'bundle',
      repository: `prod.example/app-${at}` as RepositoryName,
      digest: digest as Digest,
      identity: `registry.k8s.io/app-${at}${text}`,
      outcome: 'written',
      log: [
        {
          logId: 'c0',
          logIndex: `${at}${text}`,
          kind: 'dsse 0.0.1',
          address: `https://search.sigstore.dev/?logIndex=${at}${text}`,
        },
        { logId: 'c0', logIndex: '7', kind: 'hashedrekord 0.0.2', address: `javascript:alert(1)//${text}` },
      ],
    })),
  };
}
