import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BSON } from 'mongodb';
import { RawReplies } from '../../../src/monitor/raw-replies.ts';
import { eventually } from '../../support/eventually.ts';
import { fc } from '../../support/properties.ts';

const reply = (number: number): Uint8Array => BSON.serialize({ number, filling: 'x'.repeat(1000) });
const numbers = (replies: RawReplies, host: string): unknown[] =>
  replies.read(host).map((one) => (one.reply as { number: number }).number);
const downFrom = (newest: number, count: number): number[] => Array.from({ length: count }, (_, i) => newest - i);

test('the last 20 replies of a host, newest first', () => {
  const replies = new RawReplies({ keptEveryMs: 0 });
  for (let i = 1; i <= 25; i++) replies.keep('h', i, reply(i));
  assert.deepEqual(numbers(replies, 'h'), downFrom(25, 20));
});

for (const megabytes of [12, 6]) {
  test(`a hundred hosts keep 20 replies of 80 kB each within ${megabytes} MiB`, () => {
    keepOfAHundred(megabytes * 2 ** 20);
  });
}

function keepOfAHundred(maxBytes: number): void {
  // As a reply of a member of three: names that repeat, numbers of which a part grows.
  const names = Array.from({ length: 2400 }, (_, i) => `a counter with its name ${1000 + i}`);
  const template = BSON.serialize(Object.fromEntries(names.map((name) => [name, 0n])));
  const elementBytes = (template.length - 5) / names.length;
  const replyOf = (host: number, time: number): Uint8Array => {
    const bytes = Buffer.from(template);
    for (let i = 0; i < names.length; i++) {
      const value = i * 7919 * host + (i % 6 === 0 ? time * i : 0);
      bytes.writeUInt32LE(value, 4 + (i + 1) * elementBytes - 8);
    }
    return bytes;
  };
  const replies = new RawReplies({ maxBytes });
  for (let time = 1; time <= 21; time++) {
    for (let host = 1; host <= 100; host++) replies.keep(`h${host}`, time * 5000, replyOf(host, time));
  }
  assert.ok(replyOf(1, 1).length > 75_000);
  assert.ok(replies.bytes <= maxBytes, `${replies.bytes} bytes`);
  for (const host of [1, 50, 100]) {
    const read = replies.read(`h${host}`);
    assert.equal(read.length, 20);
    assert.deepEqual(
      read.map(({ atMs }) => atMs),
      downFrom(21, 20).map((time) => time * 5000),
    );
    for (const { atMs, reply: shown } of read) {
      assert.deepEqual(shown, BSON.EJSON.serialize(BSON.deserialize(replyOf(host, atMs / 5000)), { relaxed: true }));
    }
  }
}

test('what goes in comes out, the oldest leave first, and the bound holds', () => {
  const kept = fc.record({
    host: fc.constantFrom('a', 'b', 'c', 'd'),
    document: fc.dictionary(fc.constantFrom('n', 'm', 'text', 'name', ''), fc.oneof(fc.string(), fc.integer())),
    filling: fc.integer({ min: 0, max: 3000 }),
    forget: fc.integer({ min: 0, max: 15 }).map((n) => n === 0),
  });
  fc.assert(
    fc.property(
      fc.array(kept, { maxLength: 120 }),
      fc.integer({ min: 500, max: 200_000 }),
      fc.boolean(),
      (steps, maxBytes, isNoisy) => {
        const replies = new RawReplies({ maxBytes, keptEveryMs: 0 });
        const model = new Map<string, { atMs: number; reply: unknown }[]>();
        const check = (): void => {
          let areNewest = true;
          for (const [name, all] of model) {
            const read = replies.read(name);
            assert.ok(read.length >= 1 && read.length <= 20);
            assert.deepEqual(read, all.slice(0, read.length));
            areNewest &&= read.length === 1;
          }
          // Those stay, whatever they take.
          assert.ok(areNewest || replies.bytes <= maxBytes, `${replies.bytes} of ${maxBytes} bytes`);
        };
        for (const [atMs, { host, document, filling, forget }] of steps.entries()) {
          if (forget) {
            replies.forget(host);
            model.delete(host);
            continue;
          }
          // What repeats is compressed well, what does not is not.
          const text = isNoisy
            ? Array.from({ length: filling }, (_, i) => String.fromCharCode(33 + ((i * i * 31 + atMs * 17) % 90))).join(
                '',
              )
            : 'x'.repeat(filling);
          const shown = { ...document, filling: text };
          replies.keep(host, atMs + 1, BSON.serialize(shown));
          model.set(host, [{ atMs: atMs + 1, reply: shown }, ...(model.get(host) ?? [])]);
          if (atMs % 25 === 0) check();
        }
        check();
        for (const host of model.keys()) replies.forget(host);
        assert.equal(replies.bytes, 0);
      },
    ),
    { numRuns: 25 },
  );
});

test('what is counted is all that is held', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const replies = new RawReplies({ maxBytes: 2 ** 20, keptEveryMs: 0 });
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 1; i <= 20; i++) for (let host = 0; host < 60; host++) replies.keep(`h${host}`, i, reply(i));
  assert.equal(replies.read('h0').length, 20);
  const isAll = (): boolean => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers - before < 2 * replies.bytes + 2 ** 18;
  };
  // zlib lets go of its blocks a little later.
  await eventually(isAll, { what: 'the memory of what was compressed is free again' });
});
