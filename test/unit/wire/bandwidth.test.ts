import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bandwidth } from '../../../src/wire/bandwidth.ts';

const never = new AbortController().signal;

async function pieces(bandwidth: Bandwidth, body: Uint8Array): Promise<Buffer> {
  const found: Uint8Array[] = [];
  for await (const piece of bandwidth.paced(body, never)) found.push(piece);
  return Buffer.concat(found);
}

test('bodies take their time, one after the other, and arrive as they were', async () => {
  const bandwidth = new Bandwidth(2 ** 20);
  const body = Buffer.from(Array.from({ length: 200 * 1024 }, (_, index) => index % 251));
  const begunMs = performance.now();
  await Promise.all(
    [1, 2, 3].map(async () => {
      await bandwidth.turn(body.length, never);
      assert.deepEqual(await pieces(bandwidth, body), body);
    }),
  );
  const tookMs = performance.now() - begunMs;
  // 600 KiB at 1 MiB/s, without the last piece of the last body.
  assert.ok(tookMs >= 550, `${tookMs} ms`);
});

test('a small message goes at once, however much waits, and counts all the same', async () => {
  const bandwidth = new Bandwidth(64 * 1024);
  await bandwidth.turn(2 ** 20, never);
  const begunMs = performance.now();
  await bandwidth.turn(1000, never);
  // A megabyte before it takes sixteen seconds.
  assert.ok(performance.now() - begunMs < 8000);
  assert.equal(bandwidth.bodyMs(1000), 0);
  const stop = new AbortController();
  const waits = bandwidth.turn(2 ** 20, stop.signal);
  stop.abort(new Error('the end'));
  await assert.rejects(waits, /the end/);
});

test('no body takes longer than a server waits for it', () => {
  assert.equal(new Bandwidth(16 * 1024).bodyMs(12 * 2 ** 20), 20_000);
  assert.equal(Math.round(new Bandwidth(2 ** 20).bodyMs(2 ** 20)), 1000);
});
