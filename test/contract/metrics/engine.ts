import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMetricsEngine, type SettledEngine } from '../../../src/metrics/engine.ts';
import type { SeriesRequest, SeriesStore } from '../../../src/metrics/ports.ts';
import { rollupLevels } from '../../../src/model/resolution.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { samplesMessage } from '../../support/metric-samples.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** A midnight. */
const start = Date.UTC(2026, 0, 10);
const current = { epoch: 1, current: true };
const inserts = 'serverStatus.opcounters.insert';
const connections = 'serverStatus.connections.current';
const uptime = 'serverStatus.uptimeMillis';
const names = [inserts, connections, uptime, 'systemMetrics.disks.sda.reads', 'systemMetrics.disks.sda.read_time_ms'];

interface StoreUnderTest extends AsyncDisposable {
  readonly store: SeriesStore;
}

/** What every store must make the engine do: the adapter's test file calls it. */
export function metricsEngineContract(openStore: () => Promise<StoreUnderTest>): void {
  const withEngine = async (
    body: (engine: SettledEngine, clock: { now(): number; set(ms: number): void }, store: SeriesStore) => Promise<void>,
  ): Promise<void> => {
    await using opened = await openStore();
    let now = start;
    const clock = { now: () => now, set: (ms: number) => (now = ms) };
    const engine = await openMetricsEngine({ store: opened.store, clock, log: silentLog, background: false });
    try {
      await body(engine, clock, opened.store);
    } finally {
      await engine.close();
    }
  };
  const ask = (engine: SettledEngine, more: Partial<SeriesRequest>) =>
    engine.series({
      groupId: 'g',
      stream: 'h',
      names: [inserts],
      fromMs: start,
      toMs: start + hour,
      maxPoints: 1000,
      ...more,
    });

  test('charts are the same before and after an hour became columns, at every level', async () => {
    await withEngine(async (engine) => {
      for (let i = 0; i < 2 * 360; i++) await engine.append('g', samplesMessage('h', names, [sample(i)]), current);
      const asked = { names: [inserts, 'connections.current', 'disk.readLatency:sda'], toMs: start + 2 * hour };
      for (const maxPoints of [10_000, 150, 3]) {
        assert.ok(
          (await ask(engine, { ...asked, maxPoints })).every(
            ({ points }) => points.length > 1 && points.length <= maxPoints,
          ),
        );
      }
      const before = await Promise.all([10_000, 150, 3].map((maxPoints) => ask(engine, { ...asked, maxPoints })));
      await engine.settle();
      const after = await Promise.all([10_000, 150, 3].map((maxPoints) => ask(engine, { ...asked, maxPoints })));
      assert.deepEqual(rounded(after), rounded(before));
      assert.deepEqual(after[0]?.[0]?.points[0], [start + 10_000, 10, 10, 10]);
    });
  });

  test('a restart makes no negative and no huge rate', async () => {
    await withEngine(async (engine) => {
      const rows: [number, ...number[]][] = [];
      for (let i = 0; i < 60; i++)
        rows.push([start + i * 10_000, i < 30 ? 1e9 + i * 50 : (i - 30) * 50, 5, (i % 30) * 10_000, 0, 0]);
      await engine.append('g', samplesMessage('h', names, rows), current);
      for (const settle of [false, true]) {
        if (settle) await engine.settle();
        for (const maxPoints of [1000, 20]) {
          const [series] = await ask(engine, { maxPoints });
          for (const [, low, , high] of series?.points ?? [])
            assert.ok(low !== null && high !== null && low >= 0 && high <= 5.3);
          assert.ok((series?.points.length ?? 0) > 1);
        }
      }
    });
  });

  test('a counter that falls without a restart has no value there', async () => {
    await withEngine(async (engine) => {
      const rows = [100, 200, 150, 250].map((value, i): [number, number] => [start + i * 10_000, value]);
      await engine.append('g', samplesMessage('h', [inserts], rows), current);
      const [series] = await ask(engine, {});
      assert.deepEqual(
        series?.points.map(([time, , rate]) => [time - start, rate]),
        [
          [10_000, 10],
          [30_000, 10],
        ],
      );
    });
  });

  test('gaps stay gaps', async () => {
    await withEngine(async (engine) => {
      const rows = Array.from({ length: 360 }, (_, i) => sample(i)).filter(
        ([time]) => time < start + 600_000 || time > start + 1_200_000,
      );
      await engine.append('g', samplesMessage('h', names, rows), current);
      for (const settle of [false, true]) {
        if (settle) await engine.settle();
        for (const maxPoints of [1000, 60]) {
          const found = await ask(engine, { names: [inserts, connections], maxPoints });
          for (const { points } of found) assert.equal(points.filter(([, , value]) => value === null).length, 1);
        }
      }
    });
  });

  test('samples that are sent twice count once, sealed or not', async () => {
    await withEngine(async (engine) => {
      const rows = Array.from({ length: 100 }, (_, i) => sample(i));
      await engine.append('g', samplesMessage('h', names, rows), current);
      const once = await ask(engine, { names: [inserts, connections], maxPoints: 60 });
      const again = await engine.append('g', samplesMessage('h', names, rows.slice(90)), current);
      assert.equal(again.appendedSamples, 0);
      await engine.append('g', samplesMessage('h', names, rows), current);
      assert.deepEqual(await ask(engine, { names: [inserts, connections], maxPoints: 60 }), once);
      await engine.settle();
      await engine.append('g', samplesMessage('h', names, rows), current);
      await engine.settle();
      assert.deepEqual(rounded(await ask(engine, { names: [inserts, connections], maxPoints: 60 })), rounded(once));
    });
  });

  test('samples that come hours late are merged into sealed hours and their rollups', async () => {
    await withEngine(async (engine) => {
      const all = Array.from({ length: 3 * 360 }, (_, i) => sample(i));
      const late = all.filter(([time]) => time >= start + 1.5 * hour && time < start + 2.2 * hour);
      await engine.append(
        'g',
        samplesMessage(
          'h',
          names,
          all.filter((row) => !late.includes(row)),
        ),
        current,
      );
      await engine.settle();
      const [holed] = await ask(engine, { toMs: start + 3 * hour, maxPoints: 200 });
      assert.equal(holed?.points.filter(([, , value]) => value === null).length, 1);
      await engine.append('g', samplesMessage('h', names, late), current);
      await engine.settle();
      for (const maxPoints of [2000, 200, 3]) {
        const [series] = await ask(engine, { toMs: start + 3 * hour, maxPoints });
        assert.ok(
          series?.points.every(([, , rate]) => rate !== null && Math.abs(rate - 10) < 1e-6),
          `at most ${maxPoints} points`,
        );
      }
    });
  });

  test('samples of a lapsed lease only fill intervals that have none', async () => {
    await withEngine(async (engine) => {
      const rows = Array.from({ length: 60 }, (_, i) => sample(i)).filter((_, i) => i < 20 || i >= 30);
      await engine.append(
        'g',
        samplesMessage(
          'h',
          [connections],
          rows.map(([time]) => [time, 5]),
        ),
        current,
      );
      const other = Array.from({ length: 60 }, (_, i): [number, number] => [start + i * 10_000 + 1000, 9]);
      await engine.append('g', samplesMessage('h', [connections], other), { epoch: 0, current: false });
      for (const settle of [false, true]) {
        if (settle) await engine.settle();
        const [series] = await ask(engine, { names: [connections] });
        const nines = series?.points
          .filter(([, , value]) => value === 9)
          .map(([time]) => (time - start - 1000) / 10_000);
        assert.deepEqual(nines, [20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
        assert.equal(series?.points.filter(([, , value]) => value === 5).length, 50);
      }
    });
  });

  test('a list of metrics that changes within an hour loses nothing', async () => {
    await withEngine(async (engine) => {
      for (let i = 0; i < 30; i++) {
        const own = i % 2 === 0 ? ['a.x', 'b.y'] : ['b.y', 'c.z'];
        await engine.append('g', samplesMessage('h', own, [[start + i * 10_000, i, 100 + i]]), current);
      }
      await engine.settle();
      const [a, b, c] = await ask(engine, { names: ['a.x', 'b.y', 'c.z'] });
      assert.deepEqual(
        a?.points.map(([, , value]) => value),
        Array.from({ length: 15 }, (_, i) => 2 * i),
      );
      assert.deepEqual(
        b?.points.map(([, , value]) => value),
        Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? 100 + i : i)),
      );
      assert.equal(c?.points.length, 15);
    });
  });

  test('a list of metrics that changes on every poll is bounded and said so', async () => {
    await withEngine(async (engine, clock, store) => {
      clock.set(start + hour);
      for (let i = 0; i < 100; i++) {
        await engine.append('g', samplesMessage('h', [connections, `m.${i}`], [[start + i * 10_000, i, i]]), current);
      }
      const gaps = await engine.gaps('g', 'h', start, start + hour);
      assert.equal(gaps.length, 40);
      assert.match(gaps[0]?.reason ?? '', /changes too often/);
      await engine.settle();
      const [series] = await ask(engine, { names: [connections] });
      assert.equal(series?.points.filter(([, , value]) => value !== null).length, 60);
      assert.ok((await store.streams()).length === 1);
    });
  });

  test('a group neither sees nor confirms the schemas and streams of another', async () => {
    await withEngine(async (engine) => {
      await engine.append('g', samplesMessage('h', names, [sample(0)]), current);
      const answer = await engine.append(
        'other',
        samplesMessage('h', names, [sample(0)], { withSchema: false }),
        current,
      );
      assert.equal(answer.missingSchemas.length, 1);
      assert.equal(answer.appendedSamples, 0);
      assert.deepEqual(await engine.metrics('other', 'h'), []);
      assert.deepEqual((await ask(engine, { groupId: 'other' }))[0]?.points, []);
    });
  });

  test('newest values are there after a restart, before and after sealing', async () => {
    await using opened = await openStore();
    const clock = { now: () => start + 200_000 };
    const options = { store: opened.store, clock, log: silentLog, background: false };
    const first = await openMetricsEngine(options);
    for (let i = 0; i < 20; i++) await first.append('g', samplesMessage('h', names, [sample(i)]), current);
    const asked = [inserts, 'connections.current', 'disk.readLatency:sda', 'not.there'];
    const expected = new Map([['h', { atMs: start + 190_000, values: [10, 6, 2, null] }]]);
    assert.deepEqual(await first.latest('g', ['h', 'x'], asked, 60_000), expected);
    await first.close();
    const second = await openMetricsEngine(options);
    assert.deepEqual(await second.latest('g', ['h', 'x'], asked, 60_000), expected);
    await second.settle();
    await second.close();
    const third = await openMetricsEngine(options);
    assert.deepEqual(await third.latest('g', ['h', 'x'], asked, 60_000), expected);
    assert.deepEqual((await third.metrics('g', 'h')).map(({ name, kind }) => [name, kind])[0], [inserts, 'counter']);
    assert.deepEqual(await third.latest('g', ['h'], asked, 5000), new Map());
    await third.close();
  });

  test('each level goes when its time is over, and coarser ones answer then', async () => {
    await withEngine(async (engine, clock) => {
      for (const offset of [0, 1, 2]) {
        const rows = Array.from({ length: 8640 }, (_, i) => sample(i + offset * 8640));
        for (let at = 0; at < rows.length; at += 2160)
          await engine.append('g', samplesMessage('h', names, rows.slice(at, at + 2160)), current);
      }
      clock.set(start + 3 * day);
      await engine.setRetention('g', { rawMs: day, minuteMs: 2 * day, hourMs: 400 * day, dayMs: 1000 * day }, 1e9);
      await engine.settle();
      const { levels, bytes, forecastBytes } = await engine.use('g');
      assert.deepEqual(
        levels.map(({ level, oldestMs }) => [level, oldestMs]),
        [
          ['raw', start + 2 * day],
          ['minute', start + day],
          ['hour', start],
          ['day', start],
        ],
      );
      assert.ok(bytes > 0 && (forecastBytes ?? 0) > bytes);
      for (const maxPoints of [30_000, 3000, 72, 3]) {
        const [series] = await ask(engine, { toMs: start + 3 * day, maxPoints });
        const values = series?.points.filter(([, , rate]) => rate !== null) ?? [];
        assert.ok(values.every(([, , rate]) => Math.abs((rate ?? 0) - 10) < 1e-6));
        assert.equal(values[0]?.[0], start);
      }
    });
  });

  test('the last day of a host that stopped before midnight becomes a row of the day level, once it is over', async () => {
    await withEngine(async (engine, clock, store) => {
      const rows = Array.from({ length: 720 }, (_, i) => sample(i));
      await engine.append('g', samplesMessage('h', names, rows), current);
      clock.set(start + 3 * hour);
      await engine.settle();
      const id = (await store.streams())[0]?.id ?? 0;
      assert.equal((await store.chunks(id, rollupLevels.day, start, start + day)).length, 0);
      const before = await ask(engine, { toMs: start + 3 * day, maxPoints: 3 });
      clock.set(start + 2 * day);
      await engine.settle();
      assert.equal((await store.chunks(id, rollupLevels.day, start, start + day)).length, 1);
      assert.deepEqual(rounded(await ask(engine, { toMs: start + 3 * day, maxPoints: 3 })), rounded(before));
    });
  });

  test('a disk budget takes the oldest samples first', async () => {
    await withEngine(async (engine, clock) => {
      const rows = Array.from({ length: 10 * 360 }, (_, i) => sample(i, (i * 7919) % 1009));
      await engine.append('g', samplesMessage('h', names, rows), current);
      clock.set(start + 10 * hour);
      await engine.settle();
      const full = await engine.use('g');
      const retention = { rawMs: 2 * day, minuteMs: 14 * day, hourMs: 400 * day, dayMs: 1000 * day };
      const budget = full.bytes - Math.floor((full.levels[0]?.bytes ?? 0) / 2);
      await engine.setRetention('g', retention, budget);
      await engine.settle();
      const now = await engine.use('g');
      assert.ok(now.bytes <= budget && now.bytes > budget / 2);
      assert.ok((now.levels[0]?.oldestMs ?? 0) > start);
      assert.equal(now.levels[1]?.oldestMs, start);
    });
  });

  test('a removed stream leaves nothing', async () => {
    await withEngine(async (engine) => {
      await engine.append('g', samplesMessage('h', names, [sample(0), sample(1)]), current);
      await engine.settle();
      await engine.removeStream('g', 'h');
      assert.equal((await engine.use('g')).bytes, 0);
      assert.deepEqual(await engine.metrics('g', 'h'), []);
    });
  });

  test('a run that does not fit its schema is refused as a whole', async () => {
    await withEngine(async (engine) => {
      const message = samplesMessage('h', names, [[start, 1, 2]]);
      await assert.rejects(engine.append('g', message, current), { code: 'INPUT_INVALID' });
    });
  });
}

function sample(i: number, noise = 0): [number, ...number[]] {
  return [start + i * 10_000, i * 100, 5 + (i % 3) + noise, i * 10_000, i * 20, i * 40];
}

/** Rates of rollups are thousandths of the mean, so compare to six digits. */
function rounded(series: unknown): unknown {
  return JSON.parse(JSON.stringify(series), (_, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value,
  );
}
