import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { RawReplies } from '../../../src/monitor/raw-replies.ts';

const reply = (number: number): Uint8Array => BSON.serialize({ number, filling: 'x'.repeat(1000) });
const numbers = (replies: RawReplies, host: string): unknown[] =>
  replies.read(host).map((one) => (one.reply as { number: number }).number);

test('the last 20 replies of a host, newest first', () => {
  const replies = new RawReplies({ keptEveryMs: 0 });
  for (let i = 1; i <= 25; i++) replies.keep('h', i, reply(i));
  assert.deepEqual(
    numbers(replies, 'h'),
    Array.from({ length: 20 }, (_, i) => 25 - i),
  );
});

test('what is kept as it came and what is compressed reads the same, within the bound', () => {
  const maxBytes = 10_000;
  const replies = new RawReplies({ maxBytes, keptEveryMs: 0 });
  for (let i = 1; i <= 10; i++) for (const host of ['a', 'b', 'c']) replies.keep(host, i, reply(i));
  assert.ok(replies.bytes <= maxBytes, `${replies.bytes} bytes`);
  for (const host of ['a', 'b', 'c']) {
    const kept = numbers(replies, host);
    assert.ok(kept.length > 1);
    assert.deepEqual(
      kept,
      kept.map((_, i) => 10 - i),
    );
  }
  for (const host of ['a', 'b', 'c']) replies.forget(host);
  assert.equal(replies.bytes, 0);
});
