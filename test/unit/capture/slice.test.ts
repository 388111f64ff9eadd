import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { BSON, Long, Timestamp } from 'bson';
import { entryOptime } from '../../../src/capture/tail/oplog-entry.ts';
import { emptyChain, makeSlice, type SliceContent, SliceCutter } from '../../../src/capture/tail/slice.ts';
import { type Optime, timestampText } from '../../../src/model/optime.ts';
import { fc } from '../../support/properties.ts';

function entry(ts: bigint, term: number, padding: number, late: boolean): Buffer {
  const place = { ts: Timestamp.fromBits(Number(ts & 0xffff_ffffn), Number(ts >> 32n)), t: Long.fromNumber(term) };
  const rest = { op: 'i', ns: 'shop.orders', o: { _id: 1, t: 9, text: 'x'.repeat(padding) }, v: 2 };
  return Buffer.from(BSON.serialize(late ? { ...rest, ...place } : { ...place, ...rest }));
}

const entries = fc.array(
  fc.record({ padding: fc.nat(400), late: fc.boolean(), term: fc.integer({ min: -1, max: 9 }) }),
  {
    minLength: 1,
    maxLength: 60,
  },
);

test('an entry says where it stands, wherever in it ts and t are', () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 2n ** 64n - 1n), fc.integer({ min: -1, max: 1000 }), fc.boolean(), (ts, term, late) => {
      const bytes = entry(ts, term, 3, late);
      assert.deepEqual(entryOptime(bytes, 0, bytes.length), { ts, term });
    }),
  );
});

test('slices hold every entry once, in order, chained; none but a single large one passes the size', async () => {
  await fc.assert(
    fc.asyncProperty(entries, async (list) => {
      const raw = list.map(({ padding, late, term }, index) => entry(BigInt(index + 1), term, padding, late));
      const cutter = new SliceCutter(1000, null);
      const contents: SliceContent[] = [];
      for (const bytes of raw) {
        if (cutter.isFullFor(bytes.length)) contents.push(cutter.take());
        cutter.add(bytes, 0, bytes.length, entryOptime(bytes, 0, bytes.length));
      }
      contents.push(cutter.take());
      let end: { after: Optime | null; chain: Buffer } = { after: null, chain: emptyChain };
      const all: Buffer[] = [];
      for (const content of contents) {
        const { meta, frame } = await makeSlice(end, content, 1);
        const plain = zstdDecompressSync(frame);
        assert.ok(plain.length <= 1000 || meta.entries === 1);
        assert.equal(meta.after?.ts, end.after === null ? undefined : timestampText(end.after.ts));
        const hash = createHash('sha256').update(plain).digest();
        assert.equal(meta.hash, hash.toString('hex'));
        assert.equal(meta.chain, createHash('sha256').update(end.chain).update(hash).digest('hex'));
        all.push(plain);
        end = { after: content.last, chain: Buffer.from(meta.chain, 'hex') };
      }
      assert.ok(Buffer.concat(all).equals(Buffer.concat(raw)));
    }),
    { numRuns: 50 },
  );
});

test('a slice that would hide a hole is never made', async () => {
  const cutter = new SliceCutter(1000, { ts: 5n, term: 1 });
  const bytes = entry(6n, 1, 10, false);
  cutter.add(bytes, 0, bytes.length, { ts: 6n, term: 1 });
  const content = cutter.take();
  for (const after of [null, { ts: 4n, term: 1 }, { ts: 5n, term: 2 }]) {
    await assert.rejects(makeSlice({ after, chain: emptyChain }, content, 1), { code: 'INTERNAL' });
  }
  await makeSlice({ after: { ts: 5n, term: 1 }, chain: emptyChain }, content, 1);
});
