import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PromoterError } from '../errors.ts';
import type { DemoImage } from './demo-images.ts';
import { DEFAULT_EMAIL } from './sigstore/oidc-issuer.ts';
import type { StackDescription } from './stack.ts';

const run = promisify(execFile);

/** What another program says of an image that was promoted. */
export interface ComparedImage {
  /** `registry/name:tag`, or with `@digest`. */
  readonly reference: string;
  readonly digest: string;
}

/**
 * Asks `crane digest` for every image in every production registry.
 *
 * @throws PromoterError `StackFailed` for the first that is not there or has another digest than in staging
 */
export async function compareDigests(
  crane: string,
  images: readonly DemoImage[],
  registries: readonly string[],
): Promise<readonly ComparedImage[]> {
  const expected = registries.flatMap((registry) =>
    images.flatMap(({ name, tags, image: { root } }) => {
      const references = tags.length === 0 ? [`@${root.digest}`] : tags.map((tag) => `:${tag}`);
      return references.map((suffix) => ({ reference: `${registry}/${name}${suffix}`, digest: root.digest }));
    }),
  );
  for (const { reference, digest } of expected) {
    const { stdout } = await run(crane, ['digest', reference]);
    if (stdout.trim() === digest) continue;
    throw new PromoterError(
      'StackFailed',
      `crane digest ${reference} says ${stdout.trim()}, and staging has ${digest}`,
    );
  }
  return expected;
}

/** How anyone checks the signature and the promotion attestation of an image, with nothing of ours. */
export function cosignCommands({ sigstore }: StackDescription, image: string): readonly string[] {
  if (sigstore === undefined) return [];
  const options = [
    '--allow-http-registry',
    `--trusted-root ${sigstore.trustedRootFile}`,
    `--certificate-identity ${DEFAULT_EMAIL}`,
    `--certificate-oidc-issuer ${sigstore.issuerUrl}`,
  ].join(' ');
  return [
    `cosign verify ${options} ${image}`,
    `cosign verify-attestation --type https://k8s.io/promo-tools/promotion/v1 ${options} ${image}`,
  ];
}
