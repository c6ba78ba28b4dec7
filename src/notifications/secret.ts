import { readFile } from 'node:fs/promises';
import { messageOf, PromoterError } from '../errors.ts';
import type { SecretSource } from './target.ts';

/** Reads secrets where they are kept, anew each time, so that a rotated one is taken without a restart. */
export type SecretReader = (source: SecretSource, use: string) => Promise<string>;

/**
 * Makes a reader over an environment.
 *
 * Its calls throw PromoterError `ConfigInvalid` with the place of the secret, and nothing of it.
 */
export function createSecretReader(environment: Readonly<Record<string, string | undefined>>): SecretReader {
  return async (source, use) => {
    const place = 'env' in source ? source.env : source.file;
    const text = 'env' in source ? environment[source.env] : await readSecretFile(source.file, use);
    const secret = text?.trim() ?? '';
    if (secret === '') throw new PromoterError('ConfigInvalid', `${use}: ${place} is empty`);
    return secret;
  };
}

async function readSecretFile(file: string, use: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new PromoterError('ConfigInvalid', `${use}: cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}
