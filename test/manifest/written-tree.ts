import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Files below a new directory of its own, by their paths; a path that ends in a slash is an empty directory. */
async function writeTree(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'manifests-'));
  for (const [path, content] of Object.entries(files)) {
    const target = join(root, path);
    await mkdir(path.endsWith('/') ? target : dirname(target), { recursive: true });
    if (!path.endsWith('/')) await writeFile(target, content);
  }
  return root;
}

/** Lets a test use such a directory and deletes it afterwards. */
export async function withTree(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (root: string) => Promise<void>,
): Promise<void> {
  const root = await writeTree(files);
  try {
    await use(root);
  } finally {
    await rm(root, { recursive: true });
  }
}
