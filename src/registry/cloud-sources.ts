import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CloudSources } from './cloud-credentials.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const AWS_VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];
const AZURE_VARIABLES = ['AZURE_CLIENT_ID', 'AZURE_FEDERATED_TOKEN_FILE', 'IDENTITY_ENDPOINT', 'MSI_ENDPOINT'];
const GOOGLE_VARIABLES = ['GOOGLE_APPLICATION_CREDENTIALS', 'GCE_METADATA_HOST', 'K_SERVICE'];

/** What the sources work with. */
export interface CloudOptions {
  readonly env: Environment;
  /** An OAuth access token by Google's application default credentials. */
  readonly googleToken: () => Promise<string>;
  /** Where a registry's API is reached. */
  readonly originOf: (host: string) => string;
}

/**
 * The vendors whose credentials a process finds by itself, each through the vendor's own library, which is loaded when it
 * is first needed.
 */
export function cloudSources({ env, googleToken, originOf }: CloudOptions): CloudSources {
  const home = env['HOME'] ?? homedir();
  const says = (variables: readonly string[]): boolean => variables.some((name) => (env[name] ?? '') !== '');
  const hasAws = (): boolean => says(AWS_VARIABLES) || existsSync(join(home, '.aws'));
  return {
    'artifact-registry': {
      isAtHand: async () => {
        if (says(GOOGLE_VARIABLES)) return true;
        const gcloud = env['CLOUDSDK_CONFIG'] ?? join(home, '.config', 'gcloud');
        if (existsSync(join(gcloud, 'application_default_credentials.json'))) return true;
        const { gcpMetadata } = await import('google-auth-library');
        return gcpMetadata.getGCPResidency();
      },
      // https://cloud.google.com/artifact-registry/docs/docker/authentication#token
      grant: async () => {
        return { credentials: { kind: 'password', username: 'oauth2accesstoken', password: await googleToken() } };
      },
    },
    ecr: {
      // Nothing there is public, so there is no doing without.
      isAtHand: () => true,
      grant: async (host) => (await import('./ecr-credentials.ts')).ecrGrant(host),
    },
    'ecr-public': {
      isAtHand: hasAws,
      grant: async () => (await import('./ecr-credentials.ts')).publicEcrGrant(),
    },
    acr: {
      isAtHand: () => says(AZURE_VARIABLES) || existsSync(join(home, '.azure')),
      grant: async (host) => (await import('./acr-credentials.ts')).acrGrant(host, originOf(host)),
    },
    ghcr: {
      isAtHand: () => says(['GITHUB_TOKEN']),
      // https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry
      grant: async () => ({
        credentials: {
          kind: 'password',
          username: env['GITHUB_ACTOR'] ?? 'promoter',
          password: env['GITHUB_TOKEN'] ?? '',
        },
      }),
    },
  };
}
