import type { Decoder } from './yaml-decoder.ts';
import { fields, flag, list, text } from './yaml-decoder.ts';

// Every field of a file manifest: kpromo's grammar (api/files), in which unknown fields are mistakes here.

const filestore = fields('filestore', { base: text, 'service-account': text, src: flag });
const file = fields('file', { name: text, sha256: text });

/** Either half of a file manifest: `filestores:` stands in one file, `files:` in others. */
export const fileManifest = fields('file manifest', { filestores: list(filestore), files: list(file) });

type Decoded<D> = D extends Decoder<infer T> ? T : never;

export type RawFilestore = Decoded<typeof filestore>;
export type RawFile = Decoded<typeof file>;
