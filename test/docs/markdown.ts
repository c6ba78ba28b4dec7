import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/stack/program-list.ts';
import { shownCommands, type ShownCommand } from './shown-commands.ts';

/** A page of the documentation, taken apart. */
export interface Page {
  /** Relative to the project, with slashes. */
  readonly file: string;
  readonly text: string;
  /** Without code, in which nothing is a link. */
  readonly prose: string;
  /** What its shell blocks tell readers to give. */
  readonly commands: readonly ShownCommand[];
  /** What stands between backticks in the prose. */
  readonly spans: readonly string[];
  /** What can be linked to with `#`. */
  readonly anchors: ReadonlySet<string>;
}

const PAGES = ['*.md', 'docs/**/*.md', 'deploy/**/*.md'];
const BLOCK = /^```.*?^```/gms;
const SPAN = /`([^`\n]+)`/g;

/** Reads all pages of the documentation. */
export async function readPages(): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for await (const file of glob(PAGES, { cwd: packageRoot() })) {
    pages.push(takeApart(file.replaceAll('\\', '/'), await readFile(join(packageRoot(), file), 'utf8')));
  }
  return pages;
}

/** The distinct first groups of a pattern's matches. */
export function matchesIn(text: string, pattern: RegExp): readonly string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? match[0]))];
}

function takeApart(file: string, text: string): Page {
  const withoutBlocks = text.replaceAll(BLOCK, '');
  return {
    file,
    text,
    prose: withoutBlocks.replaceAll(SPAN, ''),
    commands: shownCommands(file, text),
    spans: matchesIn(withoutBlocks, SPAN),
    anchors: new Set(matchesIn(withoutBlocks, /^#+ (.+)$/gm).map(slugOf)),
  };
}

/** As GitHub makes them. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
