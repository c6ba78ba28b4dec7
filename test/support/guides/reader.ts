import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StackDescription } from '../../../src/stack/stack.ts';
import { openCheckout, type Checkout, type Given } from './checkout.ts';
import { openGuide, type Guide } from './guide.ts';

type Shell = 'stack' | 'new';

/** Somebody with a checkout who follows the guides. */
export interface Reader {
  readonly checkout: Checkout;
  /** What `npm run dev` has started. */
  readonly stack: StackDescription;
  /** Opens a page in a shell that knows of that stack, or of nothing. */
  open(page: string, shell?: Shell): Promise<Guide>;
  /** Goes over to another shell. */
  enter(shell: Shell): void;
  /** Begins the development stack by the command of a page, and enters what that says to enter. */
  develop(guide: Guide): Promise<void>;
  /** Gives a command that no page has, which has to end with this exit code. */
  give(command: string, exit?: number): Promise<Given>;
  /** Writes a file of the checkout. @returns its path */
  write(file: string, text: string): Promise<string>;
  /** Pushes an image of its own. @returns its digest */
  push(reference: string): Promise<string>;
  leave(): Promise<void>;
}

/** A reader with a new checkout. */
export async function newReader(): Promise<Reader> {
  const checkout = await openCheckout();
  const alone = checkout.environment;
  let exported = alone;
  let stack: StackDescription | undefined;
  const reader: Reader = {
    checkout,
    get stack() {
      return stack ?? assert.fail('nobody has begun npm run dev');
    },
    async open(page, shell = 'stack') {
      reader.enter(shell);
      const guide = await openGuide(page, checkout);
      if (stack !== undefined) for (const [theirs, ours] of portsOf(stack)) guide.here.set(theirs, ours);
      return guide;
    },
    enter(shell) {
      checkout.environment = shell === 'new' ? alone : exported;
    },
    async develop(guide) {
      checkout.environment = { ...checkout.environment, PROMOTER_GIT_SCHEMES: 'https,file' };
      const dev = await guide.begin('npm run dev', (said) => said.includes('Ctrl-C stops everything'));
      const file = join(checkout.folder, '.promoter/dev/stack.json');
      stack = JSON.parse(await readFile(file, 'utf8')) as StackDescription;
      for (const [theirs, ours] of portsOf(stack)) guide.here.set(theirs, ours);
      await reader.give(((await dev.printed()).match(/^ +export .*$/gm) ?? []).join('\n'));
      exported = checkout.environment;
    },
    async give(command, exit = 0) {
      const given = await checkout.give(command);
      assert.equal(given.exit, exit, `${command}\n${given.stdout}${given.stderr}`);
      return given;
    },
    async write(file, text) {
      const path = join(checkout.folder, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      return path;
    },
    async push(reference) {
      const layer = `echo '${reference}' > content && tar -cf content.tar content`;
      const { stdout } = await reader.give(`${layer} && crane append --new_layer content.tar --new_tag ${reference}`);
      return /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? assert.fail(stdout);
    },
    leave: () => checkout.remove(),
  };
  return reader;
}

/** The ports of the pages are wishes: one that is taken is replaced. */
function portsOf({ registries }: StackDescription): readonly (readonly [string, string])[] {
  const { staging, canonical, mirrors } = registries;
  return [staging, canonical, ...mirrors].map((host, at) => [`127.0.0.1:${5000 + at}`, host]);
}
