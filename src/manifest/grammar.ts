import { isScalar } from 'yaml';
import type { Decoder, Fields, Located } from './yaml-decoder.ts';
import { fields, flag, list, mapping, text } from './yaml-decoder.ts';

// Every field that people may write, in one place: kpromo's grammar, and what this program adds to it.

const registry = fields('registry', {
  name: text,
  /** Accepted for the sake of old manifests: workers have their own credentials. */
  'service-account': text,
  src: flag,
});

const image = fields('image', { name: text, dmap: mapping(list(text)) });

const builderFields = fields('builder', { id: text, level: text });

/** A builder is written as its id alone, or as a mapping. */
const builder: typeof builderFields = (source, node, at) =>
  isScalar(source.follow(node)) ? { id: { value: text(source, node, at), at } } : builderFields(source, node, at);

const provenance = fields('provenance policy', {
  mode: text,
  signers: list(text),
  builders: list(builder),
  sources: list(text),
  predicateTypes: list(text),
});

const common = { registries: list(registry), provenance, replication: text };

const RETIRED = {
  'src-registry': "mark the source among the registries with 'src: true' instead",
};

/** A plain manifest: registries and images in one file. */
export const plainManifest = fields(
  'manifest',
  {
    ...common,
    images: list(image),
    /** Gone from kpromo's grammar; manifests of that time still carry an empty list. */
    renames: list(() => undefined),
  },
  RETIRED,
);

/** The half of a thin manifest that names the registries. */
export const thinManifest = fields(
  'thin manifest',
  {
    ...common,
    /** Deprecated: the images are always in `images/<project>/images.yaml`. */
    imagesPath: text,
  },
  { ...RETIRED, images: 'thin manifests have their images in images/<project>/images.yaml' },
);

/** The half of a thin manifest that names the images. */
export const imageList = list(image);

type Decoded<D> = D extends Decoder<infer T> ? T : never;

export type RawRegistry = Decoded<typeof registry>;
export type RawImage = Decoded<typeof image>;
export type RawProvenance = Decoded<typeof provenance>;
export type RawImages = readonly Located<RawImage>[];

/** What plain and thin manifests have in common. */
export type RawManifest = Fields<typeof common>;
