import { posix } from 'node:path';
import { z } from 'zod';
import { PromoterError } from '../errors.ts';

/** How git may be spoken to. */
export const GIT_SCHEMES = ['https', 'ssh', 'http', 'file'] as const;
export type GitScheme = (typeof GIT_SCHEMES)[number];

/** Manifests in a git repository. Nothing in it is secret: who fetches has the credentials. */
export interface GitSource {
  readonly url: string;
  /** A commit with all its digits, a branch or a tag. */
  readonly ref: string;
  /** The folder of thin manifests in the repository; `.` for all of it. */
  readonly thinManifestDir?: string;
  /** The file of a plain manifest in the repository. */
  readonly manifest?: string;
}

const path = z
  .string()
  .min(1, 'is empty')
  .transform((text) => posix.normalize(text).replace(/\/+$/, ''))
  .refine(
    (text) => text !== '' && !/^(?:\/|\.\.(?:\/|$))|[\\\p{Cc}]/u.test(text),
    'is not a path inside the repository',
  );

/** What a request, or the command line, may say of a repository. */
export const gitSource = z
  .strictObject({
    url: z.string().superRefine((url, context) => {
      const problem = problemOf(url);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    }),
    ref: z.string().refine(isReference, 'must be a commit with all its digits, or the name of a branch or tag'),
    thinManifestDir: path.optional(),
    manifest: path.optional(),
  })
  .refine(({ thinManifestDir, manifest }) => (thinManifestDir === undefined) !== (manifest === undefined), {
    message: 'name either thinManifestDir or manifest, as they are called in the repository',
  });

/** The same for what people typed. @throws PromoterError `UsageInvalid` with all that is wrong */
export function parseGitSource(source: unknown): GitSource {
  const result = gitSource.safeParse(source);
  if (result.success) return result.data as GitSource;
  const problems = result.error.issues.map(({ path: [field], message }) => `${String(field ?? 'git')}: ${message}`);
  throw new PromoterError('UsageInvalid', `the git reference cannot be used: ${problems.join('; ')}`);
}

/** The scheme of an address that {@link gitSource} took. */
export function schemeOf(url: string): GitScheme {
  return new URL(url).protocol.slice(0, -1) as GitScheme;
}

/**
 * A name that git takes for nothing else: neither an option, a refspec, nor an expression (git-check-ref-format(1)).
 */
function isReference(text: string): boolean {
  return /^[A-Za-z0-9][\w./+-]{0,254}$/.test(text) && !/\.\.|\/\/|[./]$|\.lock(?:\/|$)/.test(text);
}

function problemOf(text: string): string | undefined {
  if (/^[\w.-]+@[\w.-]+:(?!\/\/)/.test(text)) return 'write it as ssh://user@host/path';
  if (/[\s\\\p{Cc}]/u.test(text) || text.length > 2_000 || !URL.canParse(text)) return 'is not an address';
  const url = new URL(text);
  const scheme = url.protocol.slice(0, -1);
  if (!(GIT_SCHEMES as readonly string[]).includes(scheme)) return `is none of ${GIT_SCHEMES.join(', ')}`;
  // ssh's user is part of the address, and no secret.
  if (url.password !== '' || (url.username !== '' && scheme !== 'ssh')) {
    return 'has credentials in it; give them to the workers (credential.helper, ssh keys), not to the request';
  }
  if (url.search !== '' || url.hash !== '') return 'has a query or a fragment';
  if (scheme === 'file') return url.hostname === '' ? undefined : 'names a host; file is for folders of the worker';
  if (!/^(?:\w[\w.-]*)?$/.test(url.username)) return 'has no proper user name';
  return /^(?:[a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\])$/i.test(url.hostname) ? undefined : 'has no proper host name';
}
