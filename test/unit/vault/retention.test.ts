import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestampMs } from '../../../src/model/optime.ts';
import { defaultSettings } from '../../../src/server/backup/default-settings.ts';
import { planCompaction } from '../../../src/vault/compaction-plan.ts';
import type { StoredSnapshot } from '../../../src/vault/metadata-ports.ts';
import type { PointRun } from '../../../src/vault/ports.ts';
import { keptAs } from '../../../src/vault/retention.ts';
import { fc } from '../../support/properties.ts';

const hour = 3_600_000;
const day = 24 * hour;
const { schedule } = defaultSettings;

function snapshotAt(atMs: number): StoredSnapshot {
  const optime = { ts: BigInt(Math.floor(atMs / 1000)) << 32n, term: 1 };
  const nothing = { collections: 0, documents: 0, contentBytes: 0, readBytes: 0, newBytes: 0, tookMs: 0 };
  return { id: String(atMs), replicaSetId: 'r', optime, takenAtMs: atMs, reason: 'schedule', ...nothing };
}

/** What is left after a year of snapshots every six hours, let go each day as the schedule says. */
function afterAYear(): { kept: readonly StoredSnapshot[]; nowMs: number } {
  const begin = Date.UTC(2026, 0, 1);
  let kept: StoredSnapshot[] = [];
  let nowMs = begin;
  for (; nowMs < begin + 365 * day; nowMs += 6 * hour) {
    kept.push(snapshotAt(nowMs));
    const kinds = keptAs(kept, schedule, nowMs);
    kept = kept.filter(({ id }) => kinds.get(id)?.kinds.length !== 0);
  }
  return { kept, nowMs };
}

test('a year of the default schedule leaves two days of all, a week of days, a month of weeks and a year of months', () => {
  const { kept, nowMs } = afterAYear();
  const ages = kept.map(({ optime }) => nowMs - timestampMs(optime.ts));
  assert.equal(ages.filter((age) => age <= 2 * day).length, 8);
  const days = new Set(
    kept
      .filter((_, index) => (ages[index] ?? 0) <= 7 * day)
      .map(({ optime }) => new Date(timestampMs(optime.ts)).toISOString().slice(0, 10)),
  );
  assert.ok(days.size >= 7, `${days.size} days`);
  const months = new Set(kept.map(({ optime }) => new Date(timestampMs(optime.ts)).toISOString().slice(0, 7)));
  assert.equal(months.size, 12);
  assert.ok(kept.length <= 8 + 7 + 5 + 13, `${kept.length} are kept`);
});

test('what a schedule lets go is never missed by a later look: kept sets only shrink with time', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 400 * 4 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 0, max: 500 }),
      fc.integer({ min: 0, max: 100 }),
      (quarters, ageDays, laterDays) => {
        const begin = Date.UTC(2026, 0, 1);
        const snapshots = [...new Set(quarters)].map((quarter) => snapshotAt(begin + quarter * 6 * hour));
        const newest = Math.max(...snapshots.map(({ takenAtMs }) => takenAtMs));
        const now = newest + ageDays * day;
        const first = keptAs(snapshots, schedule, now);
        const later = keptAs(snapshots, schedule, now + laterDays * day);
        for (const { id, takenAtMs } of snapshots) {
          const [before, after] = [first.get(id), later.get(id)];
          if (after?.kinds.length !== 0) assert.notEqual(before?.kinds.length, 0);
          assert.equal(before?.expiresAtMs, after?.expiresAtMs);
          if (takenAtMs !== newest) assert.equal(before?.kinds.length !== 0, (before?.expiresAtMs ?? 0) > now);
          else assert.notEqual(before?.kinds.length, 0, 'the newest one stays');
        }
      },
    ),
  );
});

const run = (kind: 'base' | 'delta', contentBytes: number, lenient = false, entries = 1): PointRun => ({
  ...{ id: '', kind, lenient, root: null, levels: 0, entries, blocks: 1, storedBytes: 0 },
  contentBytes,
  growth: null,
});

test('a hundred snapshots that change 1% each are joined with few bytes written again', () => {
  const base = 1000 * 2 ** 20;
  const delta = base / 100;
  let runs: PointRun[] = [run('base', base, false, 100)];
  let written = 0;
  let most = 0;
  for (let snapshot = 0; snapshot < 100; snapshot++) {
    runs.push(run('delta', delta));
    written += delta;
    for (let plan = planCompaction(runs); plan !== undefined; plan = planCompaction(runs)) {
      const joined = runs.slice(plan.from, plan.to);
      const bytes = sumOf(joined, 'contentBytes');
      // Spread evenly, 30% of changed documents touch nearly every block of a base: all of it is written.
      written += bytes;
      const made =
        plan.into === 'base' ? run('base', base, false, 100) : run('delta', bytes, false, sumOf(joined, 'entries'));
      runs = [...runs.slice(0, plan.from), made, ...runs.slice(plan.to)];
    }
    most = Math.max(most, runs.length);
  }
  const factor = written / (100 * delta);
  assert.ok(factor <= 5, `${factor.toFixed(1)} bytes were written for each that changed`);
  assert.ok(most <= 12, `${most} runs at once`);
});

test('deltas that name the same documents again and again are joined, for few bytes, and no base is written for them', () => {
  const documents = 1_000_000;
  // 60 bytes of each document of a kilobyte change, in a third of the documents between one fold and the next.
  const [documentBytes, updateBytes, changed] = [1000, 60, 330_000];
  let runs: PointRun[] = [run('base', documents * documentBytes, false, documents)];
  let written = 0;
  let most = 0;
  for (let fold = 1; fold <= 200; fold++) {
    runs.push(run('delta', changed * updateBytes, false, changed));
    for (let plan = planCompaction(runs); plan !== undefined; plan = planCompaction(runs)) {
      assert.equal(plan.into, 'delta');
      const joined = runs.slice(plan.from, plan.to);
      // Each delta's documents are another third, so that three of them name all.
      const named = Math.min(documents, sumOf(joined, 'entries'));
      const made = run('delta', named * updateBytes, false, named);
      written += made.contentBytes;
      runs = [...runs.slice(0, plan.from), made, ...runs.slice(plan.to)];
    }
    most = Math.max(most, sumOf(runs.slice(1), 'entries'));
  }
  assert.ok(most <= 1.5 * documents, `${most} documents were named at once`);
  const factor = written / (200 * changed * documentBytes);
  assert.ok(factor <= 0.2, `${factor.toFixed(2)} of the size of what changed was written again`);
});

function sumOf(runs: readonly PointRun[], what: 'entries' | 'contentBytes'): number {
  return runs.reduce((sum, one) => sum + one[what], 0);
}

test('a plan always joins neighbours of one kind of leniency, and ends', () => {
  const arbitrary = fc.tuple(
    fc.array(
      fc.integer({ min: 0, max: 2 ** 32 }).map((bytes) => run('base', bytes)),
      { maxLength: 50 },
    ),
    fc.array(
      fc.integer({ min: 0, max: 2 ** 30 }).map((bytes) => run('delta', bytes, true)),
      { maxLength: 30 },
    ),
    fc.array(
      fc.integer({ min: 0, max: 2 ** 30 }).map((bytes) => run('delta', bytes)),
      { maxLength: 60 },
    ),
  );
  fc.assert(
    fc.property(arbitrary, ([bases, lenient, strict]) => {
      let runs = [...bases, ...lenient, ...strict];
      for (let steps = 0; ; steps++) {
        const plan = planCompaction(runs);
        if (plan === undefined) break;
        const joined = runs.slice(plan.from, plan.to);
        assert.ok(joined.length > 1 && steps < 500);
        if (plan.into === 'base') assert.equal(plan.from, 0);
        else assert.equal(new Set(joined.map(({ kind, lenient: is }) => `${kind} ${is}`)).size, 1);
        const bytes = joined.reduce((sum, { contentBytes }) => sum + contentBytes, 0);
        const made = run(plan.into, bytes, plan.into === 'base' || joined[0]?.lenient === true);
        runs = [...runs.slice(0, plan.from), made, ...runs.slice(plan.to)];
      }
      assert.ok(runs.length <= 60);
    }),
  );
});
