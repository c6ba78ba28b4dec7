import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Reader } from './reader.ts';

/** Buckets are folders here. */
export async function followFiles(reader: Reader): Promise<void> {
  const guide = await reader.open('docs/files.md');
  const bucket = (name: string): string => `${pathToFileURL(join(reader.checkout.folder, name)).href}/`;
  guide.here.set('gs://k8s-staging-kops/kops/releases/', bucket('release'));
  guide.here.set('gs://k8s-artifacts-prod/binaries/kops/', bucket('production'));
  guide.here.set('s3://artifacts-eu/binaries/kops/', bucket('mirror'));
  await reader.write('release/1.16.0/linux/amd64/kops', 'a program');
  await reader.give('mkdir -p production mirror artifacts/manifests/PROJECT');
  const filestores = guide.block('# filestores/PROJECT');
  await reader.write('artifacts/filestores/PROJECT/filepromoter-manifest.yaml', filestores);
  await reader.write('filepromoter-manifest.yaml', filestores);
  await reader.write('1.15.yaml', guide.block('# manifests/PROJECT').replaceAll('1.16.0', '1.15.0'));
  await guide.through('manifest files');
  await reader.give('cp artifacts/manifests/PROJECT/1.16.0.yaml 1.16.yaml');
  await guide.through('--manifests artifacts --confirm');
  const { stdout } = await reader.give('promoter list --kind files --json');
  guide.here.set('files/…', /"(files\/[^"]+)"/.exec(stdout)?.[1] ?? assert.fail(stdout));
  await guide.rest();
  await reader.give('cmp release/1.16.0/linux/amd64/kops mirror/1.16.0/linux/amd64/kops');
}
