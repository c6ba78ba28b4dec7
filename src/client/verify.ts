import { loadConfig } from '../config.ts';
import { PromoterError } from '../errors.ts';
import type { Digest, Tag } from '../reference.ts';
import { openRegistry } from '../registry-settings.ts';
import { policyOfFlags, type IdentityPolicy } from '../signing/identity-policy.ts';
import { openTrustSource } from '../signing/trust-source.ts';
import type { SignatureVerdict } from '../signing/verdict.ts';
import { verifyImage } from '../signing/verify-image.ts';
import { EXIT_CODE } from './exit-code.ts';
import { parseImage } from './image-argument.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import type { VerifyOptions } from './verify-command.ts';

/** What every tool takes an image without tag for. */
const LATEST = 'latest' as Tag;

interface VerifiedImage {
  readonly image: string;
  readonly digest: Digest;
  /** Whether a signature, not an attestation alone, verifies. */
  readonly verified: boolean;
  readonly found: readonly SignatureVerdict[];
}

/**
 * Verifies images and prints what was found of each.
 *
 * @throws PromoterError `RequestInvalid`, `ConfigInvalid`, `TrustRootInvalid`, or what the registry answered
 */
export async function verifyImages(
  images: readonly string[],
  options: VerifyOptions,
  output: CommandOutput,
): Promise<void> {
  const policy = policyOf(options);
  const config = await loadConfig(options);
  const registry = openRegistry(config, process.env);
  const trust = openTrustSource({
    ...config.signing,
    ...(options.trustedRoot === undefined ? {} : { trustedRoot: options.trustedRoot }),
  });
  try {
    const { root } = await trust.current();
    const results: VerifiedImage[] = [];
    for (const image of images) {
      const { repository, reference = LATEST } = parseImage(image);
      const head = await registry.headManifest(repository, reference);
      if (head === undefined) throw new PromoterError('RegistryNotFound', `${image} is not there`);
      const found = await verifyImage({ registry, repository, digest: head.digest, trust: root, policy });
      const verified = found.some(({ kind, status }) => kind === 'signature' && status === 'verified');
      results.push({ image, digest: head.digest, verified, found });
    }
    if (options.json === true) await writeJsonResult(output.stdout, { images: results });
    else for (const result of results) output.stdout.write(describe(result));
    if (!results.every(({ verified }) => verified)) output.setExitCode(EXIT_CODE.failed);
  } finally {
    await Promise.all([registry.close(), trust.close()]);
  }
}

// Without a word about whose signature is wanted the question is what is there and whether it holds.
function policyOf(options: VerifyOptions): IdentityPolicy {
  const given = Object.entries(options).some(([name, value]) => name.startsWith('certificate') && value !== undefined);
  return given ? policyOfFlags(options) : { rules: [{ identity: { matching: '.*' }, issuer: { matching: '.*' } }] };
}

function describe({ image, digest, found }: VerifiedImage): string {
  const lines = found.map(({ kind, format, status, reason, predicateType, log }) => {
    const what = predicateType === undefined || kind === 'signature' ? kind : `${kind} ${predicateType}`;
    const entries = log.map(({ logIndex }) => `log entry ${logIndex}`).join(', ');
    return `  ${status === 'verified' ? '✓' : '✗'} ${what} (${format}): ${status}: ${reason}${entries === '' ? '' : `; ${entries}`}\n`;
  });
  return `${image}\n  ${digest}\n${lines.length === 0 ? '  no signature and no attestation\n' : lines.join('')}`;
}
