import { spawn } from 'node:child_process';
import { messageOf, PromoterError } from '../errors.ts';
import type { Credentials } from './credentials.ts';
import { printable } from '../printable.ts';

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const NAME = /^[\w][\w.-]*$/;
/** What helpers print when they know nothing of a server (docker/docker-credential-helpers, `credentials/error.go`). */
const NOT_FOUND = /credentials not found in native (?:keychain|store)|no credentials server URL/i;
/** The user name that marks the secret as an identity token. */
const TOKEN_USER = '<token>';

/**
 * Asks `docker-credential-<name> get` for a server's credentials, by Docker's credential helper protocol.
 *
 * @throws PromoterError `ProgramMissing` when there is no such program, `ConfigInvalid` when it fails; never with what it
 *   printed on its standard output, which may be a secret
 */
export async function askCredentialHelper(name: string, server: string): Promise<Credentials | undefined> {
  if (!NAME.test(name))
    throw new PromoterError('ConfigInvalid', `'${printable(name)}' is not the name of a credential helper`);
  const program = `docker-credential-${name}`;
  const { code, output, errors } = await run(program, server);
  if (code !== 0) {
    if (NOT_FOUND.test(output) || NOT_FOUND.test(errors)) return undefined;
    throw failed(program, server, `it exited with ${code ?? 'a signal'}: ${printable(errors.trim())}`);
  }
  const { Username: username, Secret: secret } = parse(output);
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw failed(program, server, 'it printed no credentials');
  if (username === '' && secret === '') return undefined;
  return username === TOKEN_USER
    ? { kind: 'identityToken', token: secret }
    : { kind: 'password', username, password: secret };
}

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function run(program: string, server: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { timeout: TIMEOUT_MS, killSignal: 'SIGKILL', stdio: 'pipe' });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    let size = 0;
    const keepIn = (chunks: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_OUTPUT_BYTES) chunks.push(chunk);
    };
    child.stdout.on('data', keepIn(output));
    child.stderr.on('data', keepIn(errors));
    // A helper that answers without reading its input closes the pipe early.
    child.stdin.on('error', () => undefined);
    child.stdin.end(server);
    child.on('error', (error) => reject(unstartable(program, error)));
    child.on('close', (code) =>
      resolve({ code, output: Buffer.concat(output).toString('utf8'), errors: Buffer.concat(errors).toString('utf8') }),
    );
  });
}

function parse(output: string): { readonly Username?: unknown; readonly Secret?: unknown } {
  try {
    return (JSON.parse(output) as { Username?: unknown; Secret?: unknown } | null) ?? {};
  } catch {
    return {};
  }
}

function unstartable(program: string, cause: NodeJS.ErrnoException): PromoterError {
  const hint = 'The Docker configuration names it; install it, or remove it there.';
  return new PromoterError('ProgramMissing', `could not start ${program}: ${messageOf(cause)}. ${hint}`, { cause });
}

function failed(program: string, server: string, why: string): PromoterError {
  return new PromoterError('ConfigInvalid', `could not get the credentials for ${server} from ${program}: ${why}`);
}
