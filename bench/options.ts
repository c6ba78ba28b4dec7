import { Command, InvalidArgumentError } from 'commander';
import { PEER_NAMES } from './peers.ts';
import { isSizeName, SIZES, type SizeName } from './work/size.ts';

/** The two ways in which this program runs. */
export const OWN_NAMES = ['promoter', 'self-contained'] as const;

/** What is to be measured. */
export interface BenchOptions {
  readonly size: SizeName;
  readonly latency: number;
  readonly rate: number;
  readonly perHost: boolean;
  readonly unchanged: boolean;
  readonly workers: number;
  readonly peers: readonly string[];
  readonly singlePost: boolean;
  readonly timeout: number;
  readonly json?: string;
  readonly keep: boolean;
  readonly built: boolean;
}

/** Reads the command line; ends the process when it is wrong. */
export function readOptions(argv: readonly string[]): BenchOptions {
  const command = new Command('bench')
    .description(
      'promote the same images by this program and its peers, on one registry that counts, one after another',
    )
    .argument('<size>', `how much: ${Object.keys(SIZES).join(', ')}`, sizeOf)
    .option('--latency <ms>', 'before every answer of the registry', numberOf, 0)
    .option('--rate <requests>', 'a second, over all hosts together; 0 for no limit', numberOf, 0)
    .option('--per-host', 'the rate is that of each host', false)
    .option('--unchanged', 'everything has been promoted already', false)
    .option('--workers <count>', 'of this program', numberOf, 1)
    .option('--peers <names>', `of ${[...OWN_NAMES, ...PEER_NAMES].join(', ')}`, listOf, [...OWN_NAMES, ...PEER_NAMES])
    .option('--single-post', 'the registry takes a blob in one request', false)
    .option('--timeout <seconds>', 'for each', numberOf, 3600)
    .option('--json <file>', 'add the results to a file, a line each')
    .option(
      '--built',
      'run what `npm run build` made of this program, as it is published, instead of its sources',
      false,
    )
    .option('--keep', 'keep the logs', false)
    .parse(argv, { from: 'user' });
  const [size] = command.processedArgs as [SizeName];
  return { ...command.opts<Omit<BenchOptions, 'size'>>(), size };
}

function sizeOf(word: string): SizeName {
  if (isSizeName(word)) return word;
  throw new InvalidArgumentError(`It is one of ${Object.keys(SIZES).join(', ')}.`);
}

function numberOf(text: string): number {
  const number = Number(text);
  if (text !== '' && number >= 0) return number;
  throw new InvalidArgumentError('It is a number, 0 or more.');
}

function listOf(text: string): readonly string[] {
  const names = text.split(',').filter((name) => name !== '');
  const known: readonly string[] = [...OWN_NAMES, ...PEER_NAMES];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new InvalidArgumentError(`'${unknown}' is none of ${known.join(', ')}.`);
}
