import type { Command } from 'commander';

/** What a command's help says below its options, where its own file does not. */
interface CommandHelp {
  readonly exits: readonly string[];
  readonly examples: readonly string[];
}

const DONE = '0 done; 1 failed; 2 wrong usage';
const FOLLOWED = [
  '0 done; 1 failed; 2 wrong usage; 3 finished, but edges were quarantined;',
  '4 held, paused or waiting for an approval; 5 another promotion is running',
];
const STEERED = ['0 the run was told; 1 the server cannot be reached; 2 the run cannot be told that now'];
const ID = "'promotion/registry.example.com+2'";

const HELP: Readonly<Record<string, CommandHelp>> = {
  'cip replicate-signatures': {
    exits: [],
    examples: [
      'promoter cip replicate-signatures --thin-manifest-dir registry.k8s.io',
      'promoter cip replicate-signatures --thin-manifest-dir registry.k8s.io --confirm',
    ],
  },
  worker: {
    exits: ['0 stopped by a signal, in good order; 1 it cannot work; 2 wrong usage or configuration'],
    examples: [
      'promoter worker --address temporal.example.com:7233',
      'PROMOTER_PLAN_STORE=oci://registry.example.com/promoter/plans promoter worker',
    ],
  },
  status: {
    exits: ['0 running or done; 1 failed; 3 quarantined, or residue; 4 held, paused or waiting for an approval'],
    examples: ['promoter status', `promoter status ${ID} --json`],
  },
  version: { exits: ['0 always'], examples: ['promoter version --json'] },
  list: { exits: [DONE], examples: ['promoter list --limit 5', 'promoter list --kind replication --json'] },
  watch: { exits: FOLLOWED, examples: [`promoter watch ${ID}`] },
  retry: { exits: FOLLOWED, examples: [`promoter retry ${ID} --reason 'the registry is back'`] },
  skip: { exits: FOLLOWED, examples: [`promoter skip ${ID} --reason 'signed by the next run'`] },
  abort: { exits: STEERED, examples: [`promoter abort ${ID} --reason 'wrong commit'`] },
  pause: { exits: STEERED, examples: [`promoter pause ${ID} --reason 'registry maintenance'`] },
  resume: { exits: STEERED, examples: [`promoter resume ${ID}`] },
  approve: { exits: STEERED, examples: [`promoter approve ${ID} --reason 'release 1.31'`] },
  'override-freeze': { exits: STEERED, examples: [`promoter override-freeze ${ID} --reason 'security fix'`] },
  quarantine: {
    exits: STEERED,
    examples: [`promoter quarantine ${ID} registry.example.com/production/web:v1.1.0 --reason 'it crashes'`],
  },
  'add-destination': {
    exits: STEERED,
    examples: [`promoter add-destination ${ID} mirror.example.com/production --reason 'a new region'`],
  },
  release: { exits: STEERED, examples: [`promoter release ${ID} registry.example.com/production/web:v1.1.0`] },
  budget: {
    exits: [DONE],
    examples: [
      'promoter budget registry.example.com',
      'promoter budget registry.example.com 50',
      'promoter budget registry.example.com default',
    ],
  },
  'schedule apply': {
    exits: [DONE],
    examples: ["promoter schedule apply replication --thin-manifest-dir registry.k8s.io --every '30 minutes'"],
  },
  'schedule show': { exits: [DONE], examples: ['promoter schedule show replication'] },
  'schedule pause': { exits: [DONE], examples: ['promoter schedule pause replication'] },
  'schedule resume': { exits: [DONE], examples: ['promoter schedule resume replication'] },
  'schedule trigger': { exits: [DONE], examples: ['promoter schedule trigger replication'] },
  'schedule delete': { exits: [DONE], examples: ['promoter schedule delete replication'] },
  verify: {
    exits: [],
    examples: [
      'promoter verify registry.k8s.io/pause:3.10',
      "promoter verify registry.example.com/production/web:v1.1.0 --certificate-identity 'ci@example.com' --certificate-oidc-issuer https://accounts.example.com",
    ],
  },
  sigcheck: {
    exits: [],
    examples: ['promoter sigcheck --thin-manifest-dir registry.k8s.io', 'promoter sigcheck --from-days=7'],
  },
  'manifest validate': {
    exits: ['0 everything is right; 2 something is wrong, or wrong usage'],
    examples: ['promoter manifest validate promotion.yaml', 'promoter manifest validate registry.k8s.io --json'],
  },
  'manifest files': { exits: [DONE], examples: ['promoter manifest files --src dist > files.yaml'] },
  'manifest upload': { exits: [DONE], examples: ['promoter manifest upload registry.k8s.io'] },
  pr: { exits: [DONE], examples: [] },
  'config show': { exits: [DONE], examples: ['promoter config show'] },
  'config validate': { exits: [DONE], examples: ['promoter config validate'] },
  'config schema': { exits: [DONE], examples: ['promoter config schema > promoter.schema.json'] },
  'notify test': { exits: [DONE], examples: ['promoter notify test'] },
  'codec-server': {
    exits: ['0 stopped by a signal; 1 it cannot serve; 2 wrong usage'],
    examples: ['promoter codec-server'],
  },
  completion: { exits: [DONE], examples: [] },
};

/** Adds to a command's help how it exits, and examples. @param path its name with those of the commands above it */
export function addCommandHelp(command: Command, path: string): void {
  const help = HELP[path];
  if (help === undefined) return;
  const exits = help.exits.map((line, at) => `${at === 0 ? 'Exit codes: ' : '            '}${line}`);
  const examples = help.examples.map((example) => `  $ ${example}`);
  const parts = [exits, examples.length === 0 ? [] : ['Examples:', ...examples]].filter((lines) => lines.length > 0);
  command.addHelpText('after', `\n${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`);
}
