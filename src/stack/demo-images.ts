import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { isTag, parseRepository, type Tag } from '../reference.ts';
import type { Registry } from '../registry/registry.ts';
import { makeImage, makeIndex, pushSample, type SampleImage } from './sample-images.ts';
import type { StackDescription } from './stack.ts';

/** An image of the demonstration: where it is pushed below the staging registry, and the tags it is promoted under. */
export interface DemoImage {
  readonly name: string;
  readonly tags: readonly Tag[];
  readonly image: SampleImage;
}

const STAGING_PATH = 'staging';
const PRODUCTION_PATH = 'production';
const PLATFORMS = ['linux/amd64', 'linux/arm64'];
const BASE = { seed: 'base', layerSizes: [6_000_000, 300_000] };

/** Images of several platforms with layers from a kilobyte to megabytes, the same bytes every time. */
export function makeDemoImages(): readonly DemoImage[] {
  return [
    {
      name: 'web',
      tags: tags('v1.0.0'),
      image: makeIndex({ seed: 'web 1.0.0', platforms: PLATFORMS, base: BASE, layerSizes: [2_000_000, 1_000] }),
    },
    {
      name: 'web',
      tags: tags('v1.1.0', 'latest'),
      image: makeIndex({ seed: 'web 1.1.0', platforms: PLATFORMS, base: BASE, layerSizes: [2_100_000, 1_000] }),
    },
    {
      name: 'tools/migrate',
      tags: tags('v0.3.0'),
      image: makeImage({ seed: 'migrate 0.3.0', base: BASE, layerSizes: [50_000] }),
    },
    // Promoted by its digest alone.
    {
      name: 'tools/migrate',
      tags: [],
      image: makeImage({ seed: 'migrate nightly', base: BASE, layerSizes: [51_000] }),
    },
  ];
}

/** Pushes the images to the staging registry, or what is missing of them. */
export async function pushDemoImages(
  registry: Registry,
  { registries }: StackDescription,
  images: readonly DemoImage[],
): Promise<void> {
  for (const { name, tags, image } of images) {
    await pushSample(registry, parseRepository(`${registries.staging}/${STAGING_PATH}/${name}`), image, tags);
  }
}

/** Writes thin manifests that promote the images to the canonical registry and every mirror. */
export async function writeDemoManifests(
  folder: string,
  { registries }: StackDescription,
  images: readonly DemoImage[],
): Promise<void> {
  const production = productionRegistries({ registries });
  await writeYaml(join(folder, 'manifests', 'demo'), 'promoter-manifest.yaml', {
    registries: [{ name: `${registries.staging}/${STAGING_PATH}`, src: true }, ...production.map((name) => ({ name }))],
  });
  const names = [...new Set(images.map(({ name }) => name))];
  const digestsOf = (wanted: string): Record<string, readonly Tag[]> =>
    Object.fromEntries(
      images.filter(({ name }) => name === wanted).map(({ image, tags }) => [image.root.digest, tags]),
    );
  await writeYaml(
    join(folder, 'images', 'demo'),
    'images.yaml',
    names.map((name) => ({ name, dmap: digestsOf(name) })),
  );
}

/** The canonical registry and the mirrors, with the path that the images are promoted to. */
export function productionRegistries({ registries }: Pick<StackDescription, 'registries'>): readonly string[] {
  return [registries.canonical, ...registries.mirrors].map((host) => `${host}/${PRODUCTION_PATH}`);
}

function tags(...texts: readonly string[]): readonly Tag[] {
  return texts.filter(isTag);
}

async function writeYaml(folder: string, name: string, content: unknown): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), stringify(content, { collectionStyle: 'any', defaultKeyType: 'QUOTE_DOUBLE' }));
}
