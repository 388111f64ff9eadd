import { openMetricsEngine } from '../../src/metrics/engine.ts';
import type { SampleRun } from '../../src/model/sample.ts';
import { schemaHash } from '../../src/model/schema-hash.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { openSqlDatabase } from '../../src/storage/sqlite/open-database.ts';
import { seriesMigrations } from '../../src/storage/sqlite/series-migrations.ts';
import { SqliteSeriesStore } from '../../src/storage/sqlite/series-store.ts';
import { diagnosticRecording } from '../support/diagnostic-recording.ts';
import { tempDir } from '../support/temp-dir.ts';

/**
 * Bytes that a stored number takes: 360 real replies of a mongod 6.0 under a workload, taken one a second, are stored as
 * an hour at 10 s: each step between them becomes ten.
 */
const recording = await diagnosticRecording(361);
const hour = Date.UTC(2026, 0, 10);
const first = recording.times[0] ?? 0;
const kept = recording.times.flatMap((time, at) => ((time - first) * 10 < 3_600_000 ? [at] : []));
const times = kept.map((at) => hour + ((recording.times[at] ?? 0) - first) * 10);
const values = kept.map((at) => recording.values[at] ?? new Float64Array());
await using dir = tempDir('bench');
const database = await openSqlDatabase(dir.path, [{ name: 'series', steps: seriesMigrations }]);
const clock = { now: () => hour + 3_700_000 };
const store = new SqliteSeriesStore(database);
const engine = await openMetricsEngine({ store, clock, log: silentLog, background: false });
const hash = schemaHash(recording.names);
const run: SampleRun = { stream: 'h', source: 0, schemaHash: hash, times, values };
await engine.append(
  'g',
  { schemas: [{ hash, names: recording.names }], runs: [run], gaps: [] },
  { epoch: 1, current: true },
);
const began = process.cpuUsage();
await engine.settle();
const cpu = process.cpuUsage(began);
const { levels, bytes } = await engine.use('g');
const numbers = times.length * recording.names.length;
const share = levels.map(({ level, bytes: own }) => `${level} ${(own / numbers).toFixed(3)}`).join(', ');
console.log(
  JSON.stringify({
    name: 'stored bytes per number at 10 s under a running workload, after an hour, rollups included',
    value: bytes / numbers,
    unit: 'bytes',
    goal: 0.2,
    note: `${times.length} × ${recording.names.length} numbers of a real mongod 6.0, replies taken at 1 s, stored as 10 s; ${share}; sealing took ${((cpu.user + cpu.system) / 1000).toFixed(0)} ms of CPU`,
  }),
);
await engine.close();
await database.close();
