import { z } from 'zod';
import { readYamlFile } from './yaml-file.ts';

/** Which releases go where: an entry of kpromo's `gh --config` file. */
export interface ReleaseSettings {
  readonly org: string;
  readonly repo: string;
  /** All releases, when empty. */
  readonly tags: readonly string[];
  readonly includePrereleases: boolean;
  /** A bucket of Cloud Storage by its name, or any bucket by its address. */
  readonly bucket: string;
  /** Folder of the bucket. */
  readonly releaseDir: string;
}

const schema = z.strictObject({
  releaseConfigs: z
    .array(
      z.strictObject({
        org: z.string().min(1),
        repo: z.string().min(1),
        tags: z.array(z.string().min(1)).default([]),
        includePrereleases: z.boolean().default(false),
        gcsBucket: z.string().min(1),
        releaseDir: z.string().min(1).optional(),
      }),
    )
    .min(1),
});

/** Reads such a file. @throws PromoterError `ConfigInvalid` with file and line */
export async function readReleaseSettings(file: string): Promise<readonly ReleaseSettings[]> {
  const { releaseConfigs } = await readYamlFile(file, schema);
  return releaseConfigs.map(({ gcsBucket: bucket, releaseDir, ...rest }) => ({
    ...rest,
    bucket,
    releaseDir: releaseDir ?? `${rest.org}/${rest.repo}`,
  }));
}
