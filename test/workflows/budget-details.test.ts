import assert from 'node:assert/strict';
import { renderBudget } from '../../src/workflows/budget-details.ts';
import { BLANK_BOOK, takeLease } from '../../src/workflows/lease-book.ts';

const NOON = Date.UTC(2026, 0, 2, 12);

describe('what a budget shows', () => {
  it('is short while nothing is known', () => {
    const text = renderBudget('r.example', { book: BLANK_BOOK, usedAt: NOON }, NOON);
    assert.match(text, /\*\*r\.example\*\*: no limit is known/);
    assert.match(text, /No 429 has been reported/);
    assert.match(text, /No worker has a share/);
  });

  it('is the rate, the shares, the last 429 and the writer', () => {
    const request = { worker: 'pod-1', want: 12.34, ceiling: 50, sawThrottle: true, retryAfterMs: 2_000 };
    const { book } = takeLease(BLANK_BOOK, request, NOON);
    const writer = { workflowId: 'promotion/r.example', until: NOON + 60_000 };
    const text = renderBudget('r.example', { book, writer, usedAt: NOON }, NOON);
    assert.match(
      text,
      /10\.5 requests a second for all workers together \(ceiling 50, as the workers are configured\)/,
    );
    assert.match(text, /Last 429: 2026-01-02 12:00:00 UTC, reported by pod-1, with Retry-After 2 s/);
    assert.match(text, /\| pod-1 \| 10\.5 \|  \| 2026-01-02 12:00:03 UTC \|/);
    assert.match(text, /Only promotion\/r\.example may write to the host, until 2026-01-02 12:01:00 UTC/);
  });

  it('stays short enough for the address in which the UI passes it, however many workers there are', () => {
    let book = BLANK_BOOK;
    for (let index = 0; index < 500; index++) {
      const worker = `worker-${index}-of-a-host-with-a-rather-long-name`;
      book = takeLease(book, { worker, want: 1, ceiling: 1_000 }, NOON).book;
    }
    assert.ok(renderBudget('r.example', { book, usedAt: NOON }, NOON).length < 4_000);
  });
});
