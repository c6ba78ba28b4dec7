import { FOLLOWED } from '../support/guides/followed.ts';
import { newReader, type Reader } from '../support/guides/reader.ts';

/** One reader, one development stack: the pages come in the order in which they build on each other. */
describe('who gives every command of a page', function () {
  // A page is some dozen commands, each a process of its own that may start a server.
  this.timeout('5m');

  let reader: Reader;
  before(async () => {
    reader = await newReader();
  });
  after(() => reader.leave());

  for (const [page, follow] of Object.entries(FOLLOWED)) {
    it(`sees what it says: ${page}`, () => follow(reader));
  }
});
