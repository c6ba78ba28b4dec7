import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { configurationSchema } from './schema.ts';
import type { Setting } from './setting.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A `promoter.yaml` that was read and found right. */
export interface ConfigurationFile {
  readonly path: string;
  /** What it says of a setting; paths are absolute. */
  readonly get: (setting: Setting) => unknown;
}

/**
 * Where the configuration file is: as the flag or `PROMOTER_CONFIG` says, else `promoter.yaml` in this folder, else in the
 * user's configuration folder; absent where there is none.
 */
export function findConfigurationFile(flag: string | undefined, environment: Environment): string | undefined {
  const named = flag ?? environment['PROMOTER_CONFIG'];
  if (named !== undefined && named !== '') return resolve(named);
  return [resolve('promoter.yaml'), join(configFolder(environment), 'promoter.yaml')].find((file) => existsSync(file));
}

/**
 * Reads and checks a configuration file.
 *
 * @throws PromoterError `ConfigInvalid` with every problem as `file:line: setting: message`
 */
export async function readConfigurationFile(path: string): Promise<ConfigurationFile> {
  // Loaded only where there is a file: the YAML parser takes a tenth of the time in which a command starts.
  const { readYamlInput } = await import('../yaml-file.ts');
  const content = await readYamlInput(path, configurationSchema);
  const folder = dirname(path);
  return {
    path,
    get(setting) {
      const value = setting.path.reduce(
        (at: unknown, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key],
        content,
      );
      return setting.note.path === true && typeof value === 'string' ? inFolder(folder, value) : value;
    },
  };
}

/** What is a path at all: `oci://`, `file://` and `gcpkms://` say themselves where they are. */
function inFolder(folder: string, text: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(text) ? text : resolve(folder, text);
}

// XDG Base Directory Specification 0.8: a relative path in these variables is to be ignored.
function configFolder(environment: Environment): string {
  const base = environment['XDG_CONFIG_HOME'];
  return join(base?.startsWith('/') === true ? base : join(homedir(), '.config'), 'image-promoter');
}
