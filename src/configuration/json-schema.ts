import { z } from 'zod';
import { configurationSchema } from './schema.ts';
import { noteOf, type SettingNote } from './setting.ts';

/** The JSON Schema (draft 2020-12) of `promoter.yaml`, for editors: completion, descriptions, and what is wrong. */
export function configurationJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(configurationSchema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      const note = noteOf(zodSchema);
      if (note === undefined) return;
      jsonSchema.description = describe(note);
      if (note.default !== undefined) jsonSchema.default = note.default;
      delete jsonSchema['setting'];
    },
  });
}

function describe({ description, variable, flag, cipFlag, otherwise }: SettingNote): string {
  const others = [variable, flag ?? cipFlag].filter((name) => name !== undefined);
  return [
    `${description.charAt(0).toUpperCase()}${description.slice(1)}.`,
    ...(otherwise === undefined ? [] : [`Unless given: ${otherwise}.`]),
    ...(others.length === 0 ? [] : [`The same as ${others.join(' or ')}.`]),
  ].join(' ');
}
