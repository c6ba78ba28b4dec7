import assert from 'node:assert/strict';
import fc from 'fast-check';
import { leftToRead, readingAfter, turnsOf, unread, type ContentReading } from '../../src/plan/content-reading.ts';
import type { Digest, Tag } from '../../src/reference.ts';

interface One {
  readonly digest: Digest;
  readonly tag?: Tag;
}

const one = (letter: string, tag?: string): One => ({
  digest: `sha256:${letter.repeat(64)}` as Digest,
  ...(tag === undefined ? {} : { tag: tag as Tag }),
});
const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((letter) => one(letter)) as [One, One, One, One];

/** Reads so many of what is there. */
function visit(
  before: ContentReading,
  present: readonly One[],
  limit: number,
  damaged: readonly Digest[] = [],
  now = 9,
) {
  const read = turnsOf(before, present, limit);
  const after = readingAfter(before, { present, read, damaged, held: present.length, complete: true, now });
  return { read, after };
}

describe('reading back what a mirror holds', () => {
  it('goes on where it stopped, in the order of digests, and begins anew when all was read', () => {
    const first = visit(unread(1), [C, A, D, B], 3);
    assert.deepEqual(new Set(first.read), new Set([A, B, C]));
    assert.deepEqual([first.after.finishedAt, first.after.whole, leftToRead(first.after)], [1, false, 1]);
    const second = visit(first.after, [C, A, D, B], 3);
    assert.deepEqual(second.read, [D]);
    assert.deepEqual(second.after, { finishedAt: 9, whole: true, held: 4 });
    assert.deepEqual(new Set(visit(second.after, [C, A, D, B], 1).read), new Set([A]));
  });

  it('goes no further without anything to read, and leaves nothing out that came or went meanwhile', () => {
    const { after } = visit(unread(1), [A, C], 1);
    assert.deepEqual(visit(after, [A, C], 0).after, after);
    assert.deepEqual(visit(after, [A, B, C], 1).read, [B]);
    assert.equal(visit(after, [A], 0).after.whole, true, 'nothing is left of what was to be read');
  });

  it('is done where everything was read at once, or where there was nothing before it was written', () => {
    const { after } = visit(unread(1), [A, B], 1);
    const full = readingAfter(after, { present: [A, B], read: [A, B], damaged: [], held: 2, complete: true, now: 5 });
    assert.deepEqual(full, { finishedAt: 5, whole: true, held: 2 });
    const written = readingAfter(unread(1), { present: [], read: [], damaged: [], held: 7, complete: true, now: 5 });
    assert.deepEqual(written, { finishedAt: 5, whole: true, held: 7 });
  });

  it('goes no further where names alone were listed', () => {
    const visited = { present: [], read: [], damaged: [], held: 7, complete: false, now: 5 };
    assert.deepEqual(readingAfter(unread(1), visited), unread(1));
  });

  it('comes back to what was damaged in every run, until it is whole', () => {
    const found = visit(unread(1), [A, B, C, D], 2, [A.digest]);
    assert.deepEqual(found.after.damaged, [A.digest]);
    const again = visit(found.after, [A, B, C, D], 0, [A.digest]);
    assert.deepEqual(again.read, [A]);
    assert.equal(leftToRead(again.after), 2, 'the place is kept');
    const mended = visit(again.after, [A, B, C, D], 0);
    assert.equal(mended.after.damaged, undefined);
    assert.deepEqual(visit(mended.after, [A, B, C, D], 0).read, []);
  });

  it('tells two tags of one digest apart', () => {
    const tags = [one('a', 'first'), one('a', 'second')];
    const { read, after } = visit(unread(1), tags, 1);
    assert.deepEqual(read, [tags[0]]);
    assert.deepEqual(visit(after, tags, 1).read, [tags[1]]);
  });

  it('reads each attachment once in a round, whatever is read at a time', () => {
    const letters = fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 1 });
    fc.assert(
      fc.property(
        letters,
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 16, maxLength: 16 }),
        (names, limits) => {
          const present = names.map((name) => one(name.toString(16)));
          let reading = unread(1);
          const read: One[] = [];
          for (const limit of limits) {
            const visited = visit(reading, present, limit);
            read.push(...visited.read);
            reading = visited.after;
            if (reading.whole) break;
          }
          assert.ok(reading.whole);
          assert.deepEqual(read.map(({ digest }) => digest).toSorted(), present.map(({ digest }) => digest).toSorted());
        },
      ),
    );
  });
});
