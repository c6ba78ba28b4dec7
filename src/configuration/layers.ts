import { PromoterError } from '../errors.ts';
import type { ConfigurationFile } from './file.ts';
import { type Configuration, configurationSchema, SETTINGS } from './schema.ts';
import { type Setting, valueOfText } from './setting.ts';

/** What was said of a setting, and where. */
export interface SettingValue {
  /** As the schema takes it. */
  readonly value: unknown;
  /** A flag, a variable, a file, or `default`. */
  readonly origin: string;
  /** As it was written, where it was a text. */
  readonly text?: string;
}

/** One place where settings are said. */
export type Layer = (setting: Setting) => SettingValue | undefined;

type Texts = Readonly<Record<string, unknown>>;

/** Flags by their names in camel case, as commander gives them. */
export function flagLayer(flags: Texts): Layer {
  return ({ schema, note: { flag } }) => {
    const name = flag?.slice(2).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return name === undefined ? undefined : textValue(schema, flags[name], flag!);
  };
}

/** The environment; a variable that is empty says nothing. */
export function variableLayer(environment: Texts): Layer {
  return ({ schema, note: { variable } }) =>
    variable === undefined ? undefined : textValue(schema, environment[variable], variable);
}

/** `promoter.yaml`. */
export function fileLayer(file: ConfigurationFile): Layer {
  return (setting) => {
    const value = file.get(setting);
    return value === undefined ? undefined : { value, origin: file.path };
  };
}

/** What holds where nobody says anything. */
export const defaultLayer: Layer = ({ note }) =>
  note.default === undefined ? undefined : { value: note.default, origin: 'default' };

/** Of each setting what the first layer says that says anything. */
export function layered(layers: readonly Layer[]): ReadonlyMap<Setting, SettingValue> {
  const values = new Map<Setting, SettingValue>();
  for (const setting of SETTINGS) {
    for (const layer of layers) {
      const said = layer(setting);
      if (said === undefined) continue;
      values.set(setting, said);
      break;
    }
  }
  return values;
}

/**
 * The configuration that values make.
 *
 * @throws PromoterError `ConfigInvalid` naming every flag and variable that is wrong
 */
export function configurationOf(values: ReadonlyMap<Setting, SettingValue>): Configuration {
  const problems = [...values].flatMap(([{ schema }, { value, origin, text }]) => {
    const [issue] = schema.safeParse(value).error?.issues ?? [];
    return issue === undefined ? [] : [`${origin}: '${text ?? JSON.stringify(value)}' ${issue.message}`];
  });
  if (problems.length > 0) throw new PromoterError('ConfigInvalid', problems.join('\n'));
  const whole: Record<string, unknown> = {};
  for (const [{ path }, { value }] of values) {
    let at = whole;
    for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
    at[path.at(-1)!] = value;
  }
  return configurationSchema.parse(whole);
}

function textValue(schema: Setting['schema'], text: unknown, origin: string): SettingValue | undefined {
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  return { value: valueOfText(schema, text.trim()), origin, text };
}
