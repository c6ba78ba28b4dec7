import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pMap from 'p-map';
import type { RepositoryName, Tag } from '../../src/reference.ts';
import { createRegistry } from '../../src/registry/client.ts';
import type { RegistryClient } from '../../src/registry/client-options.ts';
import { makeImage, pushSample } from '../../src/stack/sample-images.ts';
import { startDistribution, type TestRegistry } from './registries.ts';
import { startRegistryProxy, type RegistryProxy, type RegistryProxyOptions } from './registry-proxy.ts';

/** A staging registry with images, mirrors to promote to, and the thin manifests that ask for it. */
export interface Production {
  /** Holds `manifests/` and `images/`, and whatever a test puts beside them. */
  readonly directory: string;
  readonly staging: RegistryProxy;
  readonly mirrors: readonly RegistryProxy[];
  readonly registry: RegistryClient;
  /** `image:tag` → digest, as every mirror shall have it. */
  readonly wanted: ReadonlyMap<string, string>;
  /** What is wrong with a mirror: nothing once everything has arrived. */
  missing(mirror: RegistryProxy): Promise<readonly string[]>;
  /** Writes the thin manifests anew, to these destinations. */
  writeManifests(destinations: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export interface ProductionOptions {
  readonly images: number;
  readonly mirrors: number;
  readonly proxy?: Omit<RegistryProxyOptions, 'backend'>;
  /** Starts each of the registries; distribution unless given. */
  readonly start?: () => Promise<TestRegistry>;
}

/** Starts real registries behind counting proxies and pushes images that share a layer. */
export async function startProduction({
  images,
  mirrors,
  proxy = {},
  start = startDistribution,
}: ProductionOptions): Promise<Production> {
  const directory = await mkdtemp(join(tmpdir(), 'production-'));
  const registries = await Promise.all(Array.from({ length: mirrors + 1 }, start));
  const proxies = await Promise.all(registries.map(({ url }) => startRegistryProxy({ ...proxy, backend: url })));
  const [staging, ...rest] = proxies;
  const [stagingRegistry] = registries;
  if (staging === undefined || stagingRegistry === undefined) throw new Error('there is always a staging registry');
  const registry = createRegistry();
  const names = Array.from({ length: images }, (_, at) => `app-${at % 20}`);
  const wanted = new Map<string, string>();
  await pMap(
    [...names.entries()],
    async ([at, name]) => {
      const image = makeImage({
        seed: `image-${at}`,
        layerSizes: [2_000],
        base: { seed: 'base', layerSizes: [1_000] },
      });
      const tag = `v1.${at}.0`;
      // Not through the proxy: its counts are about the promotion.
      await pushSample(registry, `${stagingRegistry.host}/staging/${name}` as RepositoryName, image, [tag as Tag]);
      wanted.set(`${name}:${tag}`, image.root.digest);
    },
    { concurrency: 16 },
  );
  // What has arrived is asked of the registries themselves: they neither fail nor want tokens.
  const behind = new Map(proxies.map((one, at) => [one, registries[at]?.host]));
  const production: Production = {
    directory,
    staging,
    mirrors: rest,
    registry,
    wanted,
    async missing(mirror) {
      const checks = await pMap(
        wanted,
        async ([reference, digest]) => {
          const [name, tag] = reference.split(':');
          const repository = `${behind.get(mirror)}/production/${name}` as RepositoryName;
          const head = await registry.headManifest(repository, tag as Tag);
          return head?.digest === digest ? [] : [`${reference} is ${head?.digest ?? 'missing'}`];
        },
        { concurrency: 16 },
      );
      return checks.flat();
    },
    async writeManifests(destinations) {
      const folder = (kind: string): string => join(directory, kind, 'project');
      await Promise.all(['manifests', 'images'].map((kind) => mkdir(folder(kind), { recursive: true })));
      const hosts = destinations.map((host) => `- name: ${host}/production\n`).join('');
      const registriesText = `registries:\n- name: ${staging.host}/staging\n  src: true\n${hosts}`;
      await writeFile(join(folder('manifests'), 'promoter-manifest.yaml'), registriesText);
      await writeFile(join(folder('images'), 'images.yaml'), imagesYaml(wanted));
    },
    async stop() {
      await registry.close();
      await Promise.all(proxies.map((one) => one.close()));
      await Promise.all(registries.map((one) => one.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
  await production.writeManifests(rest.map(({ host }) => host));
  return production;
}

function imagesYaml(wanted: ReadonlyMap<string, string>): string {
  const byName = Map.groupBy(wanted, ([reference]) => reference.split(':')[0] ?? '');
  return [...byName]
    .map(([name, entries]) => {
      const dmap = entries.map(([reference, digest]) => `    "${digest}": ["${reference.split(':')[1]}"]\n`);
      return `- name: ${name}\n  dmap:\n${dmap.join('')}`;
    })
    .join('');
}
