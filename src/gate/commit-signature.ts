import { access, constants } from 'node:fs/promises';
import { messageOf, PromoterError } from '../errors.ts';
import { withFetched, type FetchOptions } from '../manifest/git-fetch.ts';
import { runGit } from '../manifest/git.ts';
import type { Proof } from './github-proof.ts';

/** A commit, and the repository that it is fetched from. */
export interface PlacedCommit {
  readonly url: string;
  /** All of its digits. */
  readonly commit: string;
}

export interface SignatureOptions extends FetchOptions {
  /** The file of those whose signatures count (ssh-keygen(1), ALLOWED SIGNERS). */
  readonly allowedSigners: string;
}

/** git tells kinds of signatures by what they look like, and would ask whatever keyring this account has. */
const SSH_ONLY: readonly string[] = [
  'gpg.ssh.program=ssh-keygen',
  ...['gpg', 'gpg.openpgp', 'gpg.x509'].map((kind) => `${kind}.program=false`),
];

/** What `%G?` says of a signature that does not count (git-log(1)). */
const REFUSED: Readonly<Record<string, string>> = {
  N: 'has no signature',
  U: 'is signed by nobody who may',
  B: 'has a signature that is not its own',
};

/**
 * Looks whether a commit is signed, by SSH, by somebody who may.
 *
 * @throws PromoterError `ConfigInvalid` when the allowed signers cannot be read, `ProgramMissing` without ssh-keygen; as
 *   fetching does
 */
export async function proveSignature({ url, commit }: PlacedCommit, options: SignatureOptions): Promise<Proof> {
  const { allowedSigners, signal } = options;
  await checkReadable(allowedSigners);
  const settings = [`gpg.ssh.allowedSignersFile=${allowedSigners}`, ...SSH_ONLY].flatMap((one) => ['-c', one]);
  const call = signal === undefined ? {} : { signal };
  return withFetched({ url, ref: commit }, options, async (topLevel) => {
    const format = '--format=%G?%n%GS%n%GF';
    const shown = await runGit(topLevel, [...settings, 'log', '-1', '--no-show-signature', format, commit, '--'], call);
    const [state = '', signer = '', key = ''] = shown.toString().split('\n');
    let objection: string | undefined;
    const failed = (said: string, cause: unknown): PromoterError => {
      objection = said;
      return new PromoterError('RequestInvalid', said, { cause });
    };
    await runGit(topLevel, [...settings, 'verify-commit', commit], { ...call, failed }).catch((error: unknown) => {
      if (objection === undefined) throw error;
    });
    if (objection !== undefined && /cannot run ssh-keygen/.test(objection)) throw noKeygen(objection);
    if (state === 'G' && objection === undefined && signer !== '') {
      return { approved: true, by: signer, proof: `${url} ${commit}, signed with the key ${key}` };
    }
    const why = REFUSED[state] ?? 'has a signature that cannot be checked; it has to be of the SSH kind';
    return { approved: false, why: `the commit ${commit} of ${url} ${why}` };
  });
}

async function checkReadable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    const message = `approval.allowedSigners (PROMOTER_APPROVAL_ALLOWED_SIGNERS) is ${file}: ${messageOf(error)}`;
    throw new PromoterError('ConfigInvalid', message, { cause: error });
  }
}

function noKeygen(said: string): PromoterError {
  return new PromoterError(
    'ProgramMissing',
    `checking the signature of a commit takes ssh-keygen, which cannot be started; install OpenSSH, or put it on the PATH: ${said}`,
  );
}
