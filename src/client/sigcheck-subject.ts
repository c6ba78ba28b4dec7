import type { Config } from '../config.ts';
import { PromoterError } from '../errors.ts';
import { bundleBytes } from '../manifest/bundle.ts';
import type { RegistryName } from '../reference.ts';
import { openRegistry } from '../registry-settings.ts';
import { chooseInput } from './manifest-flags.ts';
import type { CommandOutput } from './output.ts';
import { withPlanStore } from './plan-store-access.ts';
import { namedImages, recentImages, type ProductionImage } from './production-images.ts';
import { readProduction, type Production } from './production-mirrors.ts';
import { handOver, type RequestedManifests } from './promotion-input.ts';
import { registryNamed } from './registry-argument.ts';
import type { SigcheckOptions } from './sigcheck-command.ts';
import { counted } from './units.ts';

/** What a check is about. */
export interface Subject {
  readonly requested: RequestedManifests;
  /** Which of the images in the manifests are meant; all when none is named. */
  readonly references: readonly string[];
}

const DAY_MS = 24 * 60 * 60_000;

/**
 * Says what is checked: what manifests promote where they are given; else, as in kpromo, the images that are named, or
 * those that came to the production registry in the last days, on it and on its mirrors.
 *
 * @returns undefined when there is no image to check
 * @throws PromoterError `UsageInvalid`, `ConfigInvalid`, `ManifestInvalid`, `Registry*`, `StoreUnavailable`
 */
export async function chooseSubject(
  references: readonly string[],
  options: SigcheckOptions,
  config: Config,
  output: CommandOutput,
): Promise<Subject | undefined> {
  const { given } = options;
  if (['manifest', 'thinManifestDir', 'gitUrl', 'gitRef'].some((name) => given.has(name))) {
    if (given.has('fromDays') || given.has('toDays')) {
      output.stderr.write(
        'warning: --from-days and --to-days have no effect: manifests say which images are checked\n',
      );
    }
    const { requested } = await handOver(await chooseInput(options), options.lenient === true, config, output);
    return { requested, references };
  }
  const { registry: name, mirrors } = config.production;
  const production = await readProduction(registryNamed(name), mirrors);
  const images = await imagesOf(production, references, options, config, output);
  if (images.length === 0) return undefined;
  const bytes = bundleBytes({
    kind: 'plain',
    files: [{ path: 'production.yaml', text: manifestOf(production, images) }],
  });
  return { requested: { manifests: await withPlanStore(config, (store) => store.put(bytes)) }, references: [] };
}

async function imagesOf(
  { registries: [name = '' as RegistryName, ...mirrors] }: Production,
  references: readonly string[],
  { fromDays, toDays, limit }: SigcheckOptions,
  config: Config,
  { stderr }: CommandOutput,
): Promise<readonly ProductionImage[]> {
  if (toDays > fromDays) {
    throw new PromoterError('UsageInvalid', `--to-days ${toDays} is before --from-days ${fromDays}: no day is left`);
  }
  const registry = openRegistry(config, process.env);
  try {
    const places = `${name} and ${counted(mirrors.length, 'mirror')}`;
    if (references.length > 0) {
      const images = await namedImages(registry, name, references, config.signing.identities);
      stderr.write(`checking ${counted(images.length, 'image')} on ${places}\n`);
      return images;
    }
    const now = Date.now();
    const window = { from: now - fromDays * DAY_MS, to: now - toDays * DAY_MS, limit };
    const { images, dated } = await recentImages(registry, name, window);
    const since = `uploaded since ${new Date(window.from).toISOString()}`;
    if (!dated) stderr.write(`warning: ${name} does not say when images were uploaded: all of them are checked\n`);
    stderr.write(`checking ${counted(images.length, 'image')}${dated ? ` ${since}` : ''} on ${places}\n`);
    return images;
  } finally {
    await registry.close();
  }
}

/** The plain manifest that promotes just these images. JSON is YAML. */
function manifestOf({ source, registries }: Production, images: readonly ProductionImage[]): string {
  const byName = Map.groupBy(images, ({ name }) => name);
  return JSON.stringify(
    {
      registries: [{ name: source, src: true }, ...registries.map((name) => ({ name }))],
      images: [...byName].map(([name, entries]) => ({
        name,
        dmap: Object.fromEntries(entries.map(({ digest, tags }) => [digest, tags])),
      })),
    },
    undefined,
    1,
  );
}
