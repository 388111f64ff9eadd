import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildChartData } from '../../../../../../src/web/chart/chart-data.ts';
import { writeSeries } from '../../../../../../src/web/pages/backup/set/write-series.ts';

const bucketMs = 60_000;
const sources = {
  bucketMs,
  namespaces: [
    {
      namespace: 'shop.orders',
      points: [...[0, 1, 5].map((at): [number, number, number] => [at * bucketMs, 600, 60])],
    },
    { namespace: 'shop.carts', points: [[bucketMs, 1200, 120] satisfies [number, number, number]] },
  ],
};

test('bytes and operations become rates; who is silent while others write stands at zero', () => {
  const [orders, carts] = writeSeries(sources, [], true);
  assert.deepEqual(
    orders?.series.points.map(([atMs, , value]) => [atMs / bucketMs, value]),
    [
      [0, 10],
      [1, 10],
      [2, 0],
      [3, 0],
      [4, 0],
      [5, 10],
    ],
  );
  assert.deepEqual(
    carts?.series.points.map(([, , value]) => value),
    [0, 20, 0, 0, 0, 0],
  );
  assert.equal(writeSeries(sources, [], false)[0]?.series.points[0]?.[2], 1);
});

test('nothing is known inside a hole: a gap, not zero', () => {
  const hole = { fromMs: 2 * bucketMs, untilMs: 5 * bucketMs, why: '' };
  const data = buildChartData(writeSeries(sources, [hole], true));
  assert.deepEqual(data.lines[0]?.average, [10, 10, null, null, null, 10]);
});

test('a long silence is not drawn point by point', () => {
  const points: [number, number, number][] = [
    [0, 1, 1],
    [1e7 * bucketMs, 1, 1],
  ];
  const [one] = writeSeries({ bucketMs, namespaces: [{ namespace: 'a.b', points }] }, [], true);
  assert.ok((one?.series.points.length ?? 0) < 3000);
});
