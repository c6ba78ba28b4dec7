import { readFile } from 'node:fs/promises';
import { loadConfig } from '../config.ts';
import { messageOf, PromoterError } from '../errors.ts';
import { parseRepository, type RegistryName } from '../reference.ts';
import type { RegistryClient } from '../registry/client-options.ts';
import type { WalkOptions } from '../registry/walk.ts';
import { openRegistry } from '../registry-settings.ts';
import type { CipOptions } from './cip-command.ts';
import { chooseInput } from './manifest-flags.ts';
import { EXIT_CODE } from './exit-code.ts';
import type { CommandOutput } from './output.ts';
import { writePaced } from './paced-output.ts';
import { printWarnings, readInput } from './promotion-input.ts';
import { registryNamed } from './registry-argument.ts';
import { readRegistry, readWishes, withoutChildren, withTag, type RegistryContent } from './snapshot-source.ts';
import { renderSnapshot, snapshotFormatOf, type Snapshot } from './snapshot-text.ts';

type Note = (text: string) => void;

/**
 * Prints what a registry holds (`--snapshot`), or what the manifests want there (`--manifest-based-snapshot-of`).
 *
 * @throws PromoterError `UsageInvalid` before anything is read, `ManifestInvalid`, `Registry*`
 */
export async function runSnapshot(options: CipOptions, output: CommandOutput): Promise<void> {
  const format = snapshotFormatOf(options.output);
  if (format === undefined) {
    throw new PromoterError('UsageInvalid', `generating snapshot: invalid snapshot output format: ${options.output}`);
  }
  const { snapshot: direct = '', manifestBasedSnapshotOf = '' } = options;
  const name = registryNamed(manifestBasedSnapshotOf === '' ? direct : manifestBasedSnapshotOf);
  const note: Note = (text) => void output.stderr.write(`${text}\n`);
  // kpromo lets the manifests decide where both are given.
  const make = manifestBasedSnapshotOf === '' ? snapshotOfRegistry : snapshotOfManifests;
  await writePaced(output.stdout, renderSnapshot(await make(name, options, output, note), format));
  output.setExitCode(EXIT_CODE.done);
}

async function snapshotOfRegistry(
  name: RegistryName,
  options: CipOptions,
  output: CommandOutput,
  note: Note,
): Promise<Snapshot> {
  if (options.manifest === undefined) note('No manifest defined, not appending to snapshot');
  else printWarnings(output.stderr, await readInput({ kind: 'plain', path: options.manifest }, false));
  return withRegistry(options, async (registry) => {
    const { images, indexes } = await read(registry, name, options, note);
    const { snapshotTag: tag = '' } = options;
    const chosen = tag === '' ? images : withTag(images, tag);
    return options.minimalSnapshot === true ? minimal(registry, chosen, indexes, note) : chosen;
  });
}

async function snapshotOfManifests(
  name: RegistryName,
  options: CipOptions,
  output: CommandOutput,
  note: Note,
): Promise<Snapshot> {
  const parsed = await readInput(await chooseInput(options), options.lenient === true, options);
  printWarnings(output.stderr, parsed);
  // What is below another spelling of the registry's name is not asked for: prefixes end where a path segment does.
  const wishes = readWishes(parsed.manifests, name);
  if (options.minimalSnapshot !== true) return wishes;
  return withRegistry(options, async (registry) => {
    const { indexes } = await read(registry, name, options, note);
    return minimal(registry, wishes, indexes, note);
  });
}

async function read(
  registry: RegistryClient,
  name: RegistryName,
  { snapshotRepositories }: CipOptions,
  note: Note,
): Promise<RegistryContent> {
  const options: WalkOptions =
    snapshotRepositories === undefined ? {} : { repositories: await readNames(snapshotRepositories, name) };
  note('Reading 1 registries (recursive: true)');
  const content = await readRegistry(registry, name, options);
  note(`Read registry 1/1: ${name}`);
  if (content.incomplete) note(`warning: ${name} lists tags only: digests without a tag are not in the snapshot`);
  return content;
}

function minimal(
  registry: RegistryClient,
  snapshot: Snapshot,
  indexes: RegistryContent['indexes'],
  note: Note,
): Promise<Snapshot> {
  note('removing tagless child digests of manifest lists');
  return withoutChildren(registry, snapshot, indexes, note);
}

async function withRegistry<T>(options: CipOptions, body: (registry: RegistryClient) => Promise<T>): Promise<T> {
  const registry = openRegistry(await loadConfig(options), process.env);
  try {
    return await body(registry);
  } finally {
    await registry.close();
  }
}

/** Names below the registry, one a line; empty lines and what follows a `#` do not count. */
async function readNames(file: string, registry: RegistryName) {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new PromoterError('UsageInvalid', `--snapshot-repositories cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  });
  const names = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return [...new Set(names)].filter((name) => name !== '').map((name) => parseRepository(`${registry}/${name}`));
}
