import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isElsewhere } from '../../docs/elsewhere.ts';
import { outputPattern } from '../../docs/shown-output.ts';
import { shownCommands, type ShownCommand } from '../../docs/shown-commands.ts';
import { packageRoot } from '../../../src/stack/program-list.ts';
import type { Checkout, Given, Going } from './checkout.ts';

/** A page of the documentation that is followed: every command of it, in its order. */
export interface Guide {
  /** What the page says → what it is here, in commands and in what they print. */
  readonly here: Map<string, string>;
  /** A block of the page that begins with these words, as it is here. */
  block(begins: string): string;
  /** Gives the commands up to the next with this text, which has to end with this exit code; those before it with 0. */
  through(text: string, exit?: number): Promise<Given>;
  /** Gives the commands before the next with this text, and begins that one, which prints what the page shows and goes on. */
  begin(text: string, works?: (printed: string) => boolean | Promise<boolean>): Promise<Going>;
  /** Gives all that are left. */
  rest(): Promise<void>;
}

/** Opens a page. Commands that are [elsewhere](../../docs/elsewhere.ts) are left out. */
export async function openGuide(file: string, checkout: Checkout): Promise<Guide> {
  const page = await readFile(join(packageRoot(), file), 'utf8');
  const left = shownCommands(file, page).filter((command) => !isElsewhere(command));
  const here = new Map<string, string>();
  const translate = (text: string): string =>
    [...here].reduce((now, [theirs, ours]) => now.replaceAll(theirs, ours), text);

  async function give({ line, text, output }: ShownCommand, exit: number): Promise<Given> {
    const command = translate(text);
    const given = await checkout.give(command);
    const said = `${file}:${line}: ${command}\n${given.stdout}${given.stderr}`;
    assert.equal(given.exit, exit, said);
    if (output.length > 0) assert.match(given.stdout, outputPattern(output.map(translate)), said);
    return given;
  }

  async function giveBefore(text: string): Promise<ShownCommand> {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      if (next.text.includes(text)) return next;
      await give(next, 0);
    }
    assert.fail(`${file} has no command with '${text}' any more`);
  }

  return {
    here,
    block(begins) {
      const [, found] = new RegExp(`^\`\`\`\\w*\\n(${begins}.*?)^\`\`\``, 'ms').exec(page) ?? [];
      return translate(found ?? assert.fail(`${file} has no block that begins with ${begins}`));
    },
    through: async (text, exit = 0) => give(await giveBefore(text), exit),
    async begin(text, works) {
      const { text: command, output } = await giveBefore(text);
      const shown = outputPattern(output.map(translate));
      return checkout.begin(translate(command), works ?? ((printed) => shown.test(printed)));
    },
    async rest() {
      for (const next of left.splice(0)) await give(next, 0);
    },
  };
}
