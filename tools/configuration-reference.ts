import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { configurationJsonSchema } from '../src/configuration/json-schema.ts';
import { configurationSchema, SETTINGS } from '../src/configuration/schema.ts';
import type { Setting } from '../src/configuration/setting.ts';

/** Where the tables of the reference go, and the JSON Schema. */
export const REFERENCE = new URL('../docs/configuration.md', import.meta.url);
export const JSON_SCHEMA = new URL('../docs/promoter.schema.json', import.meta.url);

const GENERATED = /(?<=<!-- settings: .* -->\n).*(?=\n<!-- end of settings -->)/s;
const HEADER = ['| setting | variable | flag | unless given | what it says |', '| --- | --- | --- | --- | --- |'];

/** The files as they have to be: the page with its tables made anew, and the schema. */
export async function generatedFiles(): Promise<ReadonlyMap<URL, string>> {
  const page = await readFile(REFERENCE, 'utf8');
  return new Map([
    [
      REFERENCE,
      await formatted(
        REFERENCE,
        page.replace(GENERATED, () => `\n${tables()}\n`),
      ),
    ],
    [JSON_SCHEMA, await formatted(JSON_SCHEMA, JSON.stringify(configurationJsonSchema()))],
  ]);
}

async function formatted(file: URL, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(file)), filepath: file.pathname });
}

function tables(): string {
  const sections = Map.groupBy(SETTINGS, ({ path }) => (path.length > 1 ? path[0]! : ''));
  return [...sections]
    .map(([name, settings]) => {
      const title = name === '' ? 'At the top' : `\`${name}\``;
      const about = name === '' ? [] : [descriptionOf(configurationSchema.shape[name as 'temporal']), ''];
      return [`### ${title}`, '', ...about, ...HEADER, ...settings.flatMap(rowsOf)].join('\n');
    })
    .join('\n\n');
}

function rowsOf({ path, schema, note }: Setting): string[] {
  const { description, variable, flag, cipFlag, otherwise } = note;
  const cells = [
    code(path.join('.')),
    variable === undefined ? '–' : code(variable),
    flag !== undefined ? code(flag) : cipFlag !== undefined ? `${code(cipFlag)} of \`cip\`` : '–',
    note.default === undefined ? (otherwise ?? '–') : code(String(note.default)),
    description,
  ];
  const items = schema instanceof z.ZodArray && schema.element instanceof z.ZodObject ? schema.element.shape : {};
  const itemRows = Object.entries(items).map(([key, field]) => [
    code(`${path.join('.')}[].${key}`),
    '–',
    '–',
    '–',
    descriptionOf(field as z.ZodType),
  ]);
  return [cells, ...itemRows].map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
}

function descriptionOf(schema: z.ZodType): string {
  return schema.description ?? '';
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main) {
  for (const [file, text] of await generatedFiles()) await writeFile(file, text);
}
