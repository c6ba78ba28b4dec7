import type { Command } from 'commander';
import { PromoterError } from '../errors.ts';
import type { BundleInput } from '../manifest/bundle-reader.ts';
import type { GitSource } from '../manifest/git-source.ts';
import { booleanFlag } from './boolean-flags.ts';

/** The flags that say where manifests are. */
export interface ManifestFlags {
  readonly manifest?: string;
  readonly thinManifestDir?: string;
  readonly gitUrl?: string;
  readonly gitRef?: string;
  readonly lenient?: boolean;
}

/** Where manifests are: in files of this machine, or in a repository that workers read. */
export type ManifestInput = BundleInput | { readonly kind: 'git'; readonly git: GitSource };

/** Declares the flags that say where manifests are. */
export function addManifestPlaces(command: Command): Command {
  command
    .option('--manifest <file>', 'a plain manifest')
    .option('--thin-manifest-dir <folder>', "a folder of thin manifests, with 'images/' and 'manifests/'")
    .option('--git-url <url>', 'the repository that they are in: workers fetch them there, from https or ssh')
    .option('--git-ref <commit>', 'the commit, branch or tag of that repository');
  return booleanFlag(command, 'lenient', 'only warn of what kpromo does not check in thin manifests');
}

/** Which manifests are meant. @throws PromoterError `UsageInvalid` unless it is said once */
export async function chooseInput({
  manifest,
  thinManifestDir,
  gitUrl,
  gitRef,
}: ManifestFlags): Promise<ManifestInput> {
  if (manifest !== undefined && thinManifestDir !== undefined) {
    throw new PromoterError('UsageInvalid', '--manifest and --thin-manifest-dir exclude each other; give one of them');
  }
  if (manifest === undefined && thinManifestDir === undefined) {
    throw new PromoterError('UsageInvalid', 'at least a manifest file or thin manifest directory have to be specified');
  }
  const named = manifest === undefined ? { thinManifestDir } : { manifest };
  if (gitUrl !== undefined || gitRef !== undefined)
    return { kind: 'git', git: await gitInput({ gitUrl, gitRef, named }) };
  return manifest === undefined
    ? { kind: 'thin', directory: thinManifestDir ?? '' }
    : { kind: 'plain', path: manifest };
}

async function gitInput({
  gitUrl: url,
  gitRef: ref,
  named,
}: {
  readonly gitUrl: string | undefined;
  readonly gitRef: string | undefined;
  readonly named: object;
}): Promise<GitSource> {
  if (url === undefined || ref === undefined) {
    throw new PromoterError('UsageInvalid', '--git-url and --git-ref belong together; give both of them');
  }
  const { parseGitSource } = await import('../manifest/git-source.ts');
  return parseGitSource({ url, ref, ...named });
}
