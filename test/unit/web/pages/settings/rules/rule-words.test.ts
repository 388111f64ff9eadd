import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  conditionKinds,
  groupedKinds,
  numberOf,
  phraseParts,
  usualCondition,
} from '../../../../../../src/web/pages/settings/rules/condition-kinds.ts';
import { conditionWords, targetWords } from '../../../../../../src/web/pages/settings/rules/rule-words.ts';
import { alertCondition } from '../../../../../../src/wire/api/alerts.ts';
import type { MetricInfo } from '../../../../../../src/wire/api/metrics.ts';

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
const everything = { hostPattern: '', hostTypes: [], sets: [], clusters: [], tags: [] };

test('a rule of a metric speaks its title and unit; of a raw one its name', () => {
  const rule = (metric: string) => ({ condition: { kind: 'metric' as const, metric, above: 90 }, forMs: 600_000 });
  assert.equal(conditionWords(rule('data.diskUsedPercent'), catalog), 'Data disk used is above 90 % for 10 min');
  assert.equal(conditionWords(rule('serverStatus.x'), catalog), 'serverStatus.x is above 90 for 10 min');
  assert.equal(conditionWords(rule('local%2Eoplog.x'), catalog), 'local.oplog.x is above 90 for 10 min');
  const average = {
    ...rule('data.diskUsedPercent').condition,
    aggregate: 'average' as const,
    windowMs: 300_000,
    below: 5,
  };
  assert.equal(
    conditionWords({ condition: average, forMs: 0 }, catalog),
    'The average of Data disk used over 5 min is above 90 % or below 5 %',
  );
});

test('every condition has a sentence, its usual numbers obey the schema, and one thing is not many', () => {
  const kinds = alertCondition.options.map(({ shape }) => shape.kind.value);
  assert.deepEqual(new Set(Object.keys(conditionKinds)), new Set(kinds));
  assert.deepEqual(new Set([...groupedKinds().values()].flat()), new Set(kinds));
  for (const kind of kinds) {
    const usual = usualCondition(kind);
    assert.deepEqual(alertCondition.parse(usual), usual);
    for (const [at, part] of phraseParts(kind).entries()) {
      if (at % 2 === 0) continue;
      const bounds = conditionKinds[kind].numbers?.[part];
      assert.equal(numberOf(usual, part), bounds?.usual, `${kind}: ${part}`);
      for (const value of [bounds?.min, bounds?.max]) alertCondition.parse({ ...usual, [part]: value });
    }
    assert.doesNotMatch(conditionWords({ condition: usual, forMs: 0 }, []), /[{}…]|undefined/);
  }
  const words = (seconds: number) => conditionWords({ condition: { kind: 'lagAbove', seconds }, forMs: 120_000 }, []);
  assert.equal(words(60), 'A member lags more than 60 seconds behind its primary for 2 min');
  assert.equal(words(1), 'A member lags more than 1 second behind its primary for 2 min');
  const mongos = conditionWords({ condition: { kind: 'mongosBelow', count: 1 }, forMs: 0 }, []);
  assert.equal(mongos, 'The mongos of a cluster that answer are fewer than 1');
});

test('where a rule applies reads like English', () => {
  const name = (id: string) => (id === 'rs-1' ? 'checkout' : id);
  assert.equal(targetWords(everything, 'host', name), 'every host');
  assert.equal(targetWords(everything, 'agent', name), '');
  const target = { ...everything, hostTypes: ['primary' as const], sets: ['rs-1'], tags: ['prod', 'eu'] };
  assert.equal(targetWords(target, 'host', name), 'primaries of checkout tagged prod or eu');
  assert.equal(targetWords({ ...everything, hostPattern: 'db-*' }, 'set', name), 'replica sets named db-*');
});
