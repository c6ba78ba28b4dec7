import type { Sha256 } from '../files/sha256.ts';
import type { ManifestFile } from './manifest.ts';

/** A place that files are promoted from or to. */
export interface Filestore {
  /** `gs://`, `s3://` or `file://`, ending in a slash. */
  readonly base: string;
  /** The Google service account that the manifest names for writing there. */
  readonly serviceAccount?: string;
}

/** One file that is to be at every destination. */
export interface FileEntry {
  /** Below the base of every filestore. */
  readonly name: string;
  readonly sha256: Sha256;
  /** The file that lists it, as the user named it, and the 1-based line. */
  readonly file: string;
  readonly line: number;
}

/** The filestores of one project and all the files that its manifests list, after every check. */
export interface FileManifest {
  /** The file that names the filestores. */
  readonly file: string;
  readonly source: Filestore;
  readonly destinations: readonly Filestore[];
  readonly files: readonly FileEntry[];
}

/** The texts that make one {@link FileManifest}, with their paths as the user named them. */
export interface FileProject {
  readonly filestores: ManifestFile;
  readonly files: readonly ManifestFile[];
}

/** What a client uploads and a worker reads, as canonical JSON under the digest of that. */
export interface FileBundle {
  readonly projects: readonly FileProject[];
}
