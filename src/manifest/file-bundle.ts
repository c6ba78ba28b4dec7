import { z } from 'zod';
import { messageOf, PromoterError } from '../errors.ts';
import type { FileBundle } from './file-manifest.ts';

const fileSchema = z.strictObject({ path: z.string().min(1), text: z.string() });

const bundleSchema = z.strictObject({
  projects: z.array(z.strictObject({ filestores: fileSchema, files: z.array(fileSchema) })),
});

/** JSON of a bundle, UTF-8: the same files in the same order give the same bytes. */
export function fileBundleBytes({ projects }: FileBundle): Uint8Array {
  const file = ({ path, text }: { path: string; text: string }) => ({ path, text });
  const plain = projects.map(({ filestores, files }) => ({ files: files.map(file), filestores: file(filestores) }));
  return new TextEncoder().encode(JSON.stringify({ projects: plain }));
}

/**
 * Reads what {@link fileBundleBytes} wrote.
 *
 * @throws PromoterError `RequestInvalid` when the bytes are anything else
 */
export function fileBundleFromBytes(bytes: Uint8Array): FileBundle {
  try {
    return bundleSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (thrown) {
    const why = thrown instanceof z.ZodError ? z.prettifyError(thrown) : messageOf(thrown);
    throw new PromoterError('RequestInvalid', `these bytes are not a bundle of file manifests: ${why}`, {
      cause: thrown,
    });
  }
}
