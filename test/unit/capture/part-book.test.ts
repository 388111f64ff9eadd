import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartBook } from '../../../src/capture/scan/part-book.ts';
import type { ScanJob, ScanPiece } from '../../../src/capture/scan/scan-messages.ts';
import type { ScanPart, ScanState } from '../../../src/wire/backup-messages.ts';

function part(changes: Partial<ScanPart>): ScanPart {
  const bounds = { lower: null, upper: null, after: null };
  return {
    uuid: 'a'.repeat(32),
    part: 0,
    order: 'id',
    ...bounds,
    next: 0,
    done: false,
    documents: 0,
    bytes: 0,
    ...changes,
  };
}
function scan(parts: ScanPart[]): ScanState {
  return { scanId: 's', kind: 'full', only: null, from: null, parts, planned: true };
}
function piece(jobId: number, changes: Partial<ScanPiece> = {}): ScanPiece {
  return { jobId, blocks: [], storedBytes: 0, after: null, done: false, documents: 0, bytes: 0, ...changes };
}
const take = (book: PartBook) =>
  book.take((id, state) => ({ id, state }) as never) as unknown as
    | (Pick<ScanJob, 'id'> & { state: { after: Buffer | null; part: ScanPart } })
    | undefined;

test('parts that are done are left out; the others go on at their place and number', () => {
  const book = new PartBook(scan([part({ done: true }), part({ part: 1, after: 'AAEC', next: 3 })]));
  assert.equal(book.left, 1);
  const job = take(book);
  assert.deepEqual(job?.state.after, Buffer.from([0, 1, 2]));
  assert.equal(take(book), undefined);
  assert.deepEqual(
    { ...book.number(piece(job?.id ?? 0)), state: undefined },
    { state: undefined, number: 3, restart: false },
  );
});

test('a read that failed goes on after what was made of it, and its late pieces do not count', () => {
  const book = new PartBook(scan([part({})]));
  const first = take(book);
  book.number(piece(first?.id ?? 0, { after: Buffer.from([9]) }));
  book.giveBack(first?.id ?? 0);
  assert.equal(book.number(piece(first?.id ?? 0)), undefined);
  const again = take(book);
  assert.deepEqual(again?.state.after, Buffer.from([9]));
  assert.equal(book.number(piece(again?.id ?? 0, { done: true }))?.number, 1);
  book.stored();
  assert.equal(book.left, 0);
});

test('a read in natural order begins anew, and says so with its first piece', () => {
  const book = new PartBook(scan([part({ order: 'natural', next: 4 })]));
  const first = take(book);
  assert.deepEqual(
    [book.number(piece(first?.id ?? 0))?.restart, book.number(piece(first?.id ?? 0))?.restart],
    [true, false],
  );
  book.giveBack(first?.id ?? 0);
  const again = take(book);
  const numbered = book.number(piece(again?.id ?? 0));
  assert.deepEqual([numbered?.number, numbered?.restart], [6, true]);
});
