import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeViewChunks, encodeViewChunks } from '../../../src/wire/view-chunks.ts';
import { fc } from '../../support/properties.ts';

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const chunk = fc.record({ documents: fc.nat(0xffff_ffff), lastKey: bytes, stored: bytes }, { noNullPrototype: true });

test('what is written as chunks is read again', () => {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 6 }), (chunks) => {
      assert.deepEqual(decodeViewChunks(Buffer.concat(encodeViewChunks(chunks))), chunks);
    }),
  );
});

test('the end of a collection is no byte at all', () => {
  assert.equal(Buffer.concat(encodeViewChunks([])).length, 0);
  assert.deepEqual(decodeViewChunks(Buffer.alloc(0)), []);
});

test('that nothing follows the last chunk is told to those who ask for it', () => {
  const open = { documents: 1, lastKey: Buffer.from('a'), stored: Buffer.from('first') };
  const last = { ...open, isLast: true } as const;
  assert.deepEqual(decodeViewChunks(Buffer.concat(encodeViewChunks([open, last], true))), [open, last]);
  assert.deepEqual(decodeViewChunks(Buffer.concat(encodeViewChunks([open, last]))), [open, open]);
  assert.deepEqual(decodeViewChunks(Buffer.concat(encodeViewChunks([open], true))), [open]);
  const end = Buffer.alloc(4);
  assert.throws(() => decodeViewChunks(end), { code: 'FORMAT_INVALID' });
  assert.throws(() => decodeViewChunks(Buffer.concat([...encodeViewChunks([last], true), end])), {
    code: 'FORMAT_INVALID',
  });
});

test('an answer that was cut off anywhere inside of its last chunk is refused', () => {
  const whole = Buffer.concat(
    encodeViewChunks([
      { documents: 1, lastKey: Buffer.from('a'), stored: Buffer.from('first') },
      { documents: 2, lastKey: Buffer.from('bc'), stored: Buffer.from('second') },
    ]),
  );
  const first = 12 + 1 + 5;
  for (let length = first + 1; length < whole.length; length++) {
    assert.throws(() => decodeViewChunks(whole.subarray(0, length)), { code: 'FORMAT_INVALID' }, `${length} bytes`);
  }
});

test('a key that claims more than its chunk holds is refused', () => {
  const whole = Buffer.concat(encodeViewChunks([{ documents: 1, lastKey: Buffer.from('a'), stored: Buffer.alloc(3) }]));
  whole.writeUInt32LE(500, 8);
  assert.throws(() => decodeViewChunks(whole), { code: 'FORMAT_INVALID', message: /longer than its chunk/ });
});
