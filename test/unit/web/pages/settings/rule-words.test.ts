import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conditionWords } from '../../../../../src/web/pages/settings/rule-words.ts';
import type { MetricInfo } from '../../../../../src/wire/api/metrics.ts';

const catalog: readonly MetricInfo[] = [
  {
    name: 'data.diskUsedPercent',
    title: 'Data disk used',
    unit: 'percent',
    kind: 'gauge',
    explanation: '',
    chart: null,
    raw: false,
  },
];

test('a rule of a metric speaks its title and unit; of a raw one its name', () => {
  const rule = (metric: string) => ({ condition: { kind: 'metric' as const, metric, above: 90 }, forMs: 600_000 });
  assert.equal(conditionWords(rule('data.diskUsedPercent'), catalog), 'Data disk used is above 90 %, for 10 min');
  assert.equal(conditionWords(rule('serverStatus.x'), catalog), 'serverStatus.x is above 90, for 10 min');
  assert.equal(conditionWords(rule('local%2Eoplog.x'), catalog), 'local.oplog.x is above 90, for 10 min');
});
