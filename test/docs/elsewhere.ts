import type { ShownCommand } from './shown-commands.ts';

/** A command that nobody gives who follows the guides in a test, and what is done instead. */
export interface Elsewhere {
  readonly file: string;
  /** How it begins. */
  readonly begins: string;
  readonly why: string;
}

const MAKES_WHAT_RUNS_THIS = 'it makes or runs the tests, of which this is one; scripts are known to exist';
const NO_ENGINE = 'it needs a container engine; test/deploy and test/integration/image.test.ts take its steps';
const NO_CLUSTER = 'it needs a cluster; test/integration/helm-chart.test.ts renders what it would install';
const PUBLISHES = 'it publishes for the world, under an identity of a build service';

/** All of them. A test sees that each is on its page. */
export const ELSEWHERE: readonly Elsewhere[] = [
  ...['npm ci', 'npm run tools', 'npm run check', 'npm run test:unit', 'npm run coverage', 'npm run mutation'].map(
    (begins) => ({
      file: 'CONTRIBUTING.md',
      begins,
      why: MAKES_WHAT_RUNS_THIS,
    }),
  ),
  { file: 'README.md', begins: 'npm ci && npm run demo', why: 'test/integration/stack.test.ts runs the demo, twice' },
  { file: 'README.md', begins: 'npm run dev', why: 'docs/first-promotion.md has it, too, and is followed' },
  ...['npm test', 'npm run check', 'npm run test:unit'].map((begins) => ({
    file: 'README.md',
    begins,
    why: MAKES_WHAT_RUNS_THIS,
  })),
  {
    file: 'README.md',
    begins: 'docker login',
    why: 'it needs Docker; what it writes is read in test/registry/docker-config.test.ts',
  },
  ...['docker build', 'docker run', 'POSTGRES_PASSWORD=… docker compose'].map((begins) => ({
    file: 'docs/deploying.md',
    begins,
    why: NO_ENGINE,
  })),
  ...['kubectl create secret', 'helm upgrade'].map((begins) => ({
    file: 'docs/deploying.md',
    begins,
    why: NO_CLUSTER,
  })),
  ...['promoter retry', 'promoter abort'].map((begins) => ({
    file: 'docs/files.md',
    begins,
    why: 'it needs a bucket that fails for long; test/integration/file-promotion.test.ts decides on a run that is held',
  })),
  ...['npm ci', 'npm run build'].map((begins) => ({ file: 'docs/releasing.md', begins, why: NO_ENGINE })),
  ...['npm publish', 'cosign sign', 'cosign attest'].map((begins) => ({
    file: 'docs/releasing.md',
    begins,
    why: PUBLISHES,
  })),
  { file: 'docs/releasing.md', begins: 'docker buildx', why: NO_ENGINE },
];

/** Whether a command is one of these. */
export function isElsewhere({ file, text }: ShownCommand, list: readonly Elsewhere[] = ELSEWHERE): boolean {
  return list.some((one) => one.file === file && text.startsWith(one.begins));
}
