import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildChartData } from '../../../../src/web/chart/chart-data.ts';
import { gapSpans, hasEnded } from '../../../../src/web/chart/gap-spans.ts';

const minute = 60_000;
const window = { fromMs: 0, toMs: 10 * minute, live: true };
const upTo = (lastMs: number) =>
  buildChartData([
    {
      key: 'a',
      label: 'A',
      series: {
        metric: 'a',
        unit: 'count',
        resolutionMs: 10_000,
        points: Array.from({ length: lastMs / 10_000 + 1 }, (_, at) => [at * 10_000, 1, 1, 1]),
      },
    },
  ]);

test('samples that stop have ended, late ones have not', () => {
  for (const [lastMs, ended] of [
    [10 * minute, false],
    [10 * minute - 40_000, false],
    [5 * minute, true],
  ] as const) {
    const data = upTo(lastMs);
    assert.equal(hasEnded(data, gapSpans(data, window, 0, 10 * minute)), ended, `${lastMs}`);
  }
});
