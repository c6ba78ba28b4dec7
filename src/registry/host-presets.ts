import { hostnameOf } from './network-address.ts';

/** What is known of the registries of one vendor. */
export interface HostPreset {
  readonly name: PresetName;
  /** Host names, without port; absent where a product runs under any name, and has to be named in the configuration. */
  readonly hosts?: RegExp;
  /** Where a client starts; it goes down from here by itself when the host says 429. */
  readonly requestsPerSecond: number;
  /** Requests that wait for an answer at the same time. */
  readonly concurrency: number;
  /** Where the vendor says so. */
  readonly documentation: string;
}

export type PresetName =
  'artifact-registry' | 'ecr' | 'ecr-public' | 'acr' | 'ghcr' | 'docker-hub' | 'quay' | 'harbor' | 'distribution';

/** The rate of a host of which no limit is known. */
export const UNLIMITED = 100_000;

/** The first row whose `hosts` match wins; the last one has no limits of its own and stands for everything else. */
export const HOST_PRESETS: readonly HostPreset[] = [
  {
    // 60,000 requests a minute for a project and region.
    name: 'artifact-registry',
    hosts: /(?:^|\.)(?:pkg\.dev|gcr\.io)$/,
    requestsPerSecond: 1000,
    concurrency: 64,
    documentation: 'https://cloud.google.com/artifact-registry/quotas',
  },
  {
    // 2,000 BatchGetImage and 1,000 BatchCheckLayerAvailability a second; uploads are opened more slowly.
    name: 'ecr',
    hosts: /^\d{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/,
    requestsPerSecond: 500,
    concurrency: 64,
    documentation: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html',
  },
  {
    // Uploads are completed at 10 a second.
    name: 'ecr-public',
    hosts: /^public\.ecr\.aws$/,
    requestsPerSecond: 50,
    concurrency: 16,
    documentation: 'https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html',
  },
  {
    // Standard: 3,000 reads and 500 writes a minute; Basic a third, Premium three times as many.
    name: 'acr',
    hosts: /(?:^|\.)azurecr\.(?:io|cn|us)$/,
    requestsPerSecond: 50,
    concurrency: 32,
    documentation: 'https://learn.microsoft.com/azure/container-registry/container-registry-skus',
  },
  {
    // No limit is published.
    name: 'ghcr',
    hosts: /^ghcr\.io$/,
    requestsPerSecond: 100,
    concurrency: 32,
    documentation:
      'https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry',
  },
  {
    // Pulls of manifests are counted over six hours (HEAD is not); all requests of an address, by the minute.
    name: 'docker-hub',
    hosts: /(?:^|\.)docker\.io$/,
    requestsPerSecond: 25,
    concurrency: 16,
    documentation: 'https://docs.docker.com/docker-hub/usage/',
  },
  {
    // A few requests a second for an address and endpoint, with bursts.
    name: 'quay',
    hosts: /^quay\.io$/,
    requestsPerSecond: 10,
    concurrency: 8,
    documentation: 'https://access.redhat.com/solutions/6218921',
  },
  {
    name: 'harbor',
    requestsPerSecond: 500,
    concurrency: 32,
    documentation: 'https://goharbor.io/docs/',
  },
  {
    name: 'distribution',
    requestsPerSecond: UNLIMITED,
    concurrency: 64,
    documentation: 'https://distribution.github.io/distribution/about/configuration/',
  },
];

/** The preset of that name, else the first that matches the host, else the one for any registry. */
export function presetOf(host: string, name?: PresetName): HostPreset {
  const hostname = hostnameOf(host).toLowerCase();
  const match = ({ name: candidate, hosts }: HostPreset) =>
    name === undefined ? hosts?.test(hostname) === true : candidate === name;
  return HOST_PRESETS.find(match) ?? HOST_PRESETS[HOST_PRESETS.length - 1]!;
}
