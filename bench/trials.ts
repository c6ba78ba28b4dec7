import type { Result } from './result.ts';
import { SIZES } from './work/size.ts';

/** All results for one work. */
export interface Trials {
  readonly work: Result['work'];
  /** The last one of each tool, the fastest first. */
  readonly results: readonly Result[];
}

/** Groups results by their work, in the order in which works first appear. */
export function groupTrials(results: readonly Result[]): readonly Trials[] {
  return [...Map.groupBy(results, ({ work }) => JSON.stringify(work)).values()].flatMap((group) => {
    const latest = [...new Map(group.map((result) => [result.tool, result])).values()];
    const [first] = latest;
    return first === undefined ? [] : [{ work: first.work, results: latest.sort((a, b) => a.wallMs - b.wallMs) }];
  });
}

/** What a work is, for people. */
export function titleOf({ size, latency, rate, perHost, unchanged, singlePost }: Result['work']): string {
  const { digests, mirrors } = SIZES[size];
  const parts = [
    `${size}: ${digests.toLocaleString('en')} ${digests === 1 ? 'image' : 'images'} to ${mirrors} mirrors`,
    ...(unchanged ? ['nothing new'] : []),
    `${latency} ms`,
    ...(rate === 0 ? [] : [`${rate} requests/s ${perHost ? 'for each host' : 'in all'}`]),
    ...(singlePost ? ['single-POST uploads'] : []),
  ];
  return parts.join(', ');
}

/** The command that measures a work. */
export function commandOf({ work, results }: Trials): string {
  const { size, latency, rate, perHost, unchanged, singlePost } = work;
  const flags = [
    ...(latency === 0 ? [] : [`--latency ${latency}`]),
    ...(rate === 0 ? [] : [`--rate ${rate}`]),
    ...(perHost ? ['--per-host'] : []),
    ...(unchanged ? ['--unchanged'] : []),
    ...(singlePost ? ['--single-post'] : []),
    ...(results.some(({ built }) => built) ? ['--built'] : []),
  ];
  return ['npm run bench --', size, ...flags].join(' ');
}
