import { readSettings } from '../config.ts';
import { findConfigurationFile, readConfigurationFile } from '../configuration/file.ts';
import { configurationOf } from '../configuration/layers.ts';
import { PromoterError } from '../errors.ts';
import type { ServerOptions } from './common-options.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import { renderTable } from './text-table.ts';

/** Prints every setting that has a value, with where it is from. @throws PromoterError `ConfigInvalid` */
export async function showConfiguration(options: ServerOptions, output: CommandOutput): Promise<void> {
  const { file, values } = await readSettings(options);
  configurationOf(values);
  const rows = [...values].map(([{ path }, { value, origin }]) => ({ setting: path.join('.'), value, origin }));
  if (options.json === true) return writeJsonResult(output.stdout, { file, settings: rows });
  const texts = rows.map(({ setting, value, origin }) => [setting, textOf(value), origin]);
  output.stdout.write(renderTable(['SETTING', 'VALUE', 'FROM'], texts));
}

/** Checks a configuration file by itself. @throws PromoterError `ConfigInvalid` with file and line */
export async function validateConfiguration(named: string | undefined, output: CommandOutput): Promise<void> {
  const file = findConfigurationFile(named, process.env);
  if (file === undefined) {
    const message =
      'there is no promoter.yaml, neither in this folder nor in ~/.config/image-promoter: name the file to check';
    throw new PromoterError('UsageInvalid', message);
  }
  await readConfigurationFile(file);
  output.stdout.write(`${file}: valid\n`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
