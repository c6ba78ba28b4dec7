import { z } from 'zod';

/** What is known of a setting besides its shape; the documentation and the JSON Schema are made of it. */
export interface SettingNote {
  /** One sentence or less, as a person reads it. */
  readonly description: string;
  /** The environment variable that says the same. */
  readonly variable?: string;
  /** The flag that says the same, of every command that reads the configuration. */
  readonly flag?: `--${string}`;
  /** The flag of `promoter cip` that says the same for the worker inside it. */
  readonly cipFlag?: `--${string}`;
  readonly default?: string | number | boolean;
  /** What holds where nothing is said and there is no one default. */
  readonly otherwise?: string;
  /** A path: in the file it is meant relative to the file's folder. */
  readonly path?: true;
}

/** One setting of a schema, by its place there. */
export interface Setting {
  readonly path: readonly string[];
  /** Of the value alone, without it being optional. */
  readonly schema: z.ZodType;
  readonly note: SettingNote;
}

/** A setting that may be left out, with what there is to say of it. */
export function setting<Value extends z.ZodType>(value: Value, note: SettingNote): z.ZodExactOptional<Value> {
  return z.exactOptional(value).meta({ description: note.description, setting: note });
}

/** A group of settings under one key, which may be left out. */
export function section<Shape extends z.ZodRawShape>(
  description: string,
  shape: Shape,
): z.ZodExactOptional<z.ZodObject<Shape, z.core.$strict>> {
  return z.exactOptional(z.strictObject(shape)).meta({ description });
}

/** What was noted of a schema that {@link setting} made. */
export function noteOf(schema: z.core.$ZodType): SettingNote | undefined {
  return z.globalRegistry.get(schema)?.['setting'] as SettingNote | undefined;
}

/** All settings of a schema, in its order, those of sections included. */
export function settingsOf(schema: z.ZodObject, path: readonly string[] = []): readonly Setting[] {
  return Object.entries(schema.shape).flatMap(([key, field]) => {
    const inner = field instanceof z.ZodExactOptional ? field.unwrap() : field;
    const note = noteOf(field);
    const here = [...path, key];
    if (note !== undefined) return [{ path: here, schema: inner as z.ZodType, note }];
    return inner instanceof z.ZodObject ? settingsOf(inner, here) : [];
  });
}

/**
 * The value that a text of the environment or of the command line stands for. Lists are separated by commas, objects in
 * them have their values in order, separated by `=`. What cannot be read is left as it is, for the schema to refuse.
 */
export function valueOfText(schema: z.core.$ZodType, text: string): unknown {
  if (schema instanceof z.ZodNumber) return text.trim() === '' ? Number.NaN : Number(text);
  if (schema instanceof z.ZodBoolean) return ({ true: true, false: false } as Record<string, boolean>)[text] ?? text;
  if (schema instanceof z.ZodArray) {
    const items = text.split(',').map((item) => item.trim());
    return items.filter((item) => item !== '').map((item) => valueOfText(schema.element, item));
  }
  if (schema instanceof z.ZodObject) {
    const keys = Object.keys(schema.shape);
    const parts = text.split('=').map((part) => part.trim());
    return parts.length === keys.length ? Object.fromEntries(keys.map((key, at) => [key, parts[at]])) : text;
  }
  return text;
}
