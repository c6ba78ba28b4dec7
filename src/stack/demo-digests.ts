import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PromoterError } from '../errors.ts';
import type { DemoImage } from './demo-images.ts';

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
