import { openMetricsEngine } from '../../src/metrics/engine.ts';
import { schemaHash } from '../../src/model/schema-hash.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { openSqlDatabase } from '../../src/storage/sqlite/open-database.ts';
import { seriesMigrations } from '../../src/storage/sqlite/series-migrations.ts';
import { SqliteSeriesStore } from '../../src/storage/sqlite/series-store.ts';
import { diagnosticRecording } from '../support/diagnostic-recording.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quantile } from './report-figure.ts';

/**
 * A chart of 6 series over 30 days, warm: 30 days of one host go through the engine (a sample a minute of a recording with
 * 2,300 numbers, played forwards and backwards with rising counters), then the chart is asked for again and again.
 */
const days = 30;
const repeats = 60;
const recording = await diagnosticRecording(361);
const hash = schemaHash(recording.names);
const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const period = 60;
const first = recording.values[0] ?? new Float64Array();
const last = recording.values[period] ?? new Float64Array();

await using dir = tempDir('bench');
const database = await openSqlDatabase(dir.path, [{ name: 'series', steps: seriesMigrations }]);
let now = start;
const store = new SqliteSeriesStore(database);
const engine = await openMetricsEngine({ store, clock: { now: () => now }, log: silentLog, background: false });
for (let hour = 0; hour < days * 24; hour++) {
  const times = Array.from({ length: period }, (_, i) => start + hour * hourMs + i * 60_000);
  const values = times.map((_, i) => {
    const frame = recording.values[i] ?? first;
    // Every hour goes on where the one before ended.
    return frame.map((value, k) => value + hour * ((last[k] ?? 0) - (first[k] ?? 0)));
  });
  const run = { stream: 'h', source: 0 as const, schemaHash: hash, times, values };
  await engine.append(
    'g',
    { schemas: [{ hash, names: recording.names }], runs: [run], gaps: [] },
    { epoch: 1, current: true },
  );
  now = start + hour * hourMs;
  await engine.settle();
}
const names = ['insert', 'query', 'update', 'delete', 'getmore', 'command'].map((name) => `operations.${name}`);
const took: number[] = [];
let points = 0;
for (let i = 0; i < repeats; i++) {
  const began = performance.now();
  const series = await engine.series({
    groupId: 'g',
    stream: 'h',
    names,
    fromMs: start,
    toMs: start + days * 24 * hourMs,
    maxPoints: 800,
  });
  took.push(performance.now() - began);
  points = series.reduce((sum, one) => sum + one.points.length, 0);
}
console.log(
  JSON.stringify({
    name: 'chart of 6 series over 30 days, warm, p95',
    value: quantile(took.slice(5), 0.95),
    unit: 'ms',
    goal: 100,
    note: `through the engine, ${points} points of a host with ${recording.names.length} metrics; median ${quantile(took.slice(5), 0.5).toFixed(1)} ms`,
  }),
);
await engine.close();
await database.close();
