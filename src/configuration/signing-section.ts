import { z } from 'zod';
import { section, setting } from './setting.ts';

const rewriteSchema = z.strictObject(
  {
    match: z
      .string()
      .min(1)
      .describe('path segments, or a host with some: in a production repository, all up to their end is replaced'),
    replace: z.string().min(1).describe('the public name that stands instead'),
  },
  'is not match=replace',
);

/** How a worker verifies and signs. Secrets stay where the environment has them. */
export const signingSection = section('How workers verify and sign; see signing.md.', {
  trustedRoot: setting(z.string(), {
    description: 'a `trusted_root.json`; works offline',
    variable: 'PROMOTER_TRUSTED_ROOT',
    otherwise: 'from the TUF repository',
    path: true,
  }),
  signingConfig: setting(z.string(), {
    description: 'a signing config (v0.2): which Fulcio, Rekor and timestamp authority',
    variable: 'PROMOTER_SIGNING_CONFIG',
    otherwise: 'from the TUF repository',
    path: true,
  }),
  tufMirror: setting(z.string(), {
    description: 'another TUF repository',
    variable: 'PROMOTER_TUF_MIRROR',
    otherwise: 'Sigstore’s public good instance',
  }),
  tufRoot: setting(z.string(), {
    description: 'the `root.json` that such a repository begins with',
    variable: 'PROMOTER_TUF_ROOT',
    otherwise: 'Sigstore’s',
    path: true,
  }),
  key: setting(z.string(), {
    description: 'a `cosign.key` (password in `COSIGN_PASSWORD`) or `gcpkms://…` key',
    variable: 'PROMOTER_SIGNING_KEY',
    otherwise: 'none: keyless',
    path: true,
  }),
  identityTokenUrl: setting(z.string(), {
    description: 'answers a GET with an identity token',
    variable: 'PROMOTER_IDENTITY_TOKEN_URL',
    otherwise: 'none',
  }),
  signerAccount: setting(z.string(), {
    description: 'Google service account to impersonate',
    variable: 'PROMOTER_SIGNER_ACCOUNT',
    cipFlag: '--signer-account',
    otherwise: 'none',
  }),
  identities: setting(z.array(rewriteSchema), {
    description: 'public names of production repositories; in the variable `match=replace`, separated by commas',
    variable: 'PROMOTER_IDENTITIES',
    otherwise: 'kpromo’s rule',
  }),
  canonicalHost: setting(z.string(), {
    description: 'where several hosts have the same public name: the one signed on first; else the first by name',
    variable: 'PROMOTER_CANONICAL_HOST',
    otherwise: '`us-central1-docker.pkg.dev`',
  }),
  maxSignatureOps: setting(z.number('is not a number').int('is not a whole number').min(1, 'is below 1'), {
    description: 'signatures at once',
    variable: 'PROMOTER_MAX_SIGNATURE_OPS',
    cipFlag: '--max-signature-ops',
    otherwise: '50',
  }),
});
