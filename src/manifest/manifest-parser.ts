import type { RegistryName } from '../reference.ts';
import type { RawManifest } from './grammar.ts';
import { plainManifest } from './grammar.ts';
import { checkImages } from './image-list.ts';
import type { ImageEntry, Manifest, ManifestBundle, ManifestFile } from './manifest.ts';
import type { ManifestOutcome, ParseContext } from './parse-context.ts';
import { decode, outcomeOf } from './parse-context.ts';
import { checkProvenance } from './provenance-policy.ts';
import { checkRegistries } from './registry-list.ts';
import type { FileReview } from './review.ts';
import type { Located } from './yaml-decoder.ts';

/** Parses and checks a manifest that is one file. */
export function parsePlain(file: ManifestFile, context: ParseContext): ManifestOutcome {
  return outcomeOf(file, context, () => {
    const read = decode(file, 'unmarshalling manifest YAML', plainManifest, context);
    if (read === undefined) return undefined;
    const { value, review } = read;
    if (value.renames !== undefined) {
      const used = value.renames.value.length > 0;
      const message = used ? "'renames' is no longer supported" : "'renames' is ignored: it can be deleted";
      review.report(used ? 'problem' : 'warning', value.renames.at, message);
    }
    return assemble(value, 'plain', review, (source) => checkImages(value.images?.value ?? [], source, review));
  });
}

/** Checks what plain and thin manifests have in common. */
export function assemble(
  raw: RawManifest,
  kind: ManifestBundle['kind'],
  review: FileReview,
  imagesFrom: (source: RegistryName | undefined) => readonly ImageEntry[],
): Manifest | undefined {
  const { source, destinations } = checkRegistries(raw.registries, kind, review);
  const images = imagesFrom(source);
  const provenance = raw.provenance && checkProvenance(raw.provenance, review);
  const replication = raw.replication && checkReplication(raw.replication, review);
  if (source === undefined) return undefined;
  return {
    file: review.file,
    source,
    destinations,
    images,
    ...(provenance !== undefined && { provenance }),
    ...(replication !== undefined && { replication }),
  };
}

function checkReplication({ value, at }: Located<string>, review: FileReview): Manifest['replication'] {
  if (value === 'on' || value === 'off') return value;
  review.report('problem', at, `replication must be "on" or "off", got "${value}"`);
  return undefined;
}
