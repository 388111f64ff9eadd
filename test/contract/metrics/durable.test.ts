import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { openMetricsEngine } from '../../../src/metrics/engine.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { openSqlDatabase } from '../../../src/storage/sqlite/open-database.ts';
import { seriesMigrations } from '../../../src/storage/sqlite/series-migrations.ts';
import { SqliteSeriesStore } from '../../../src/storage/sqlite/series-store.ts';
import { startChild } from '../../support/child-process.ts';
import { samplesMessage } from '../../support/metric-samples.ts';
import { tempDir } from '../../support/temp-dir.ts';

const start = 1_768_003_200_000;
const parts = [{ name: 'series', steps: seriesMigrations }];
const current = { epoch: 1, current: true };

/** An engine on a data directory; both close with the scope, so that a test that fails ends. */
async function openEngine(path: string) {
  const database = await openSqlDatabase(path, parts);
  const store = new SqliteSeriesStore(database);
  const engine = await openMetricsEngine({ store, clock, log: silentLog, background: false });
  return {
    database,
    engine,
    [Symbol.asyncDispose]: async () => {
      await engine.close();
      await database.close();
    },
  };
}
const clock = { now: () => start + 3_600_000 };

test('every sample that was acknowledged is there after kill -9, whenever it comes', async () => {
  const dir = tempDir('killed');
  let next = 0;
  for (const acknowledgedBeforeKill of [30, 101, 250, 98]) {
    const child = startChild(
      process.execPath,
      [join(import.meta.dirname, 'append-until-killed.ts'), dir.path, String(next)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const gone = once(child, 'exit', { signal: AbortSignal.timeout(150_000) });
    let acknowledged = next - 1;
    for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
      acknowledged = Number(line);
      if (acknowledged >= next + acknowledgedBeforeKill) child.kill('SIGKILL');
    }
    await gone;
    next = acknowledged + 1;
    await using opened = await openEngine(dir.path);
    const { engine } = opened;
    const asked = {
      groupId: 'g',
      stream: 'h',
      names: ['a.number'],
      fromMs: start,
      toMs: start + 1e8,
      maxPoints: 10_000,
    };
    const [series] = await engine.series(asked);
    const stored = new Set(series?.points.map(([, , value]) => value));
    for (let i = 0; i < next; i++) assert.ok(stored.has(i), `sample ${i} of ${next} is lost`);
  }
  await dir[Symbol.asyncDispose]();
});

test('a damaged chunk is named; other hours and other hosts stay readable, and new samples are still taken', async () => {
  await using dir = tempDir('damaged');
  await using opened = await openEngine(dir.path);
  const { engine, database } = opened;
  const append = (stream: string, first: number, count: number) => {
    const rows = Array.from({ length: count }, (_, i): [number, number] => [start + (first + i) * 10_000, first + i]);
    return engine.append('g', samplesMessage(stream, ['a.number'], rows), current);
  };
  await append('h', 0, 3 * 360);
  await append('other', 0, 360);
  await engine.settle();
  await database.write([
    {
      sql: `UPDATE chunks SET body = CAST(substr(body, 1, length(body) - 3) || zeroblob(3) AS BLOB)
        WHERE level = 0 AND start_ms = ? AND stream_id = (SELECT id FROM streams WHERE stream = 'h')`,
      params: [start + 3_600_000],
    },
  ]);
  const ask = (stream: string, fromHour: number, toHour: number) =>
    engine.series({
      groupId: 'g',
      stream,
      names: ['a.number'],
      fromMs: start + fromHour * 3_600_000,
      toMs: start + toHour * 3_600_000,
      maxPoints: 2000,
    });
  await assert.rejects(ask('h', 1, 2), { code: 'STORE_CORRUPT', message: /chunk of 2026-01-10T01:00/ });
  assert.equal((await ask('h', 0, 1))[0]?.points.length, 360);
  assert.equal((await ask('other', 0, 1))[0]?.points.length, 360);
  await append('h', 3 * 360, 360);
  await engine.settle();
  assert.equal((await ask('h', 3, 4))[0]?.points.length, 360);
});

test('samples that a full disk refuses are accepted when they are sent again', async () => {
  await using dir = tempDir('full');
  await using opened = await openEngine(dir.path);
  const { engine, database } = opened;
  await engine.append('g', samplesMessage('h', ['a.number'], [[start, 0]]), current);
  const [pages] = await database.read('PRAGMA page_count');
  await database.write([{ sql: `PRAGMA max_page_count = ${Number(pages?.['page_count']) + 4}` }]);
  const names = Array.from({ length: 3000 }, (_, i) => `n.${i}`);
  const noise = (i: number): [number, ...number[]] => [
    start + i * 10_000,
    ...names.map((_, k) => Math.sin(i * 7919 + k)),
  ];
  let refused = 0;
  for (let i = 1; i < 6; i++) {
    try {
      await engine.append('g', samplesMessage('h', names, [noise(i)]), current);
    } catch (thrown) {
      assert.equal((thrown as { code?: string }).code, 'STORE_FULL');
      refused++;
    }
  }
  assert.ok(refused > 0);
  await database.write([{ sql: 'PRAGMA max_page_count = 1000000' }]);
  for (let i = 1; i < 6; i++) await engine.append('g', samplesMessage('h', names, [noise(i)]), current);
  const asked = { groupId: 'g', stream: 'h', names: ['n.7'], fromMs: start, toMs: start + 3_600_000, maxPoints: 1000 };
  const [series] = await engine.series(asked);
  assert.deepEqual(
    series?.points.map(([, , value]) => value),
    [1, 2, 3, 4, 5].map((i) => Math.sin(i * 7919 + 7)),
  );
});
