import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { packageRoot } from '../../src/stack/program-list.ts';
import { matchesIn, readPages, type Page } from './markdown.ts';

const LINK = /\]\(([^)\s]+)\)/g;

describe('links in the documentation', () => {
  let pages: readonly Page[];

  before(async () => {
    pages = await readPages();
  });

  it('lead to files and headings that are there', () => {
    const broken = pages.flatMap((page) =>
      matchesIn(page.prose, LINK)
        .filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page, link))
        .map((link) => `${page.file}: ${link}`),
    );
    assert.deepEqual(broken, []);
  });

  it('show every screenshot somewhere', async () => {
    const shown = new Set(pages.flatMap((page) => matchesIn(page.prose, LINK).map((link) => posix.basename(link))));
    const images = await readdir(join(packageRoot(), 'docs', 'images'));
    assert.deepEqual(
      images.filter((image) => !shown.has(image)),
      [],
    );
  });

  function leadsSomewhere({ file }: Page, link: string): boolean {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : posix.join(posix.dirname(file), path);
    if (!existsSync(join(packageRoot(), target))) return false;
    if (anchor === undefined) return true;
    return pages.find((page) => page.file === target)?.anchors.has(anchor) === true;
  }
});
