import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NamespaceRow, withSeries } from '../../../../../src/web/pages/backup/namespace-rows.ts';

const row = (namespace: string, type: NamespaceRow['type'], contentBytes: number): NamespaceRow => ({
  ...{ namespace, type, contentBytes, uuid: namespace, capped: false, documents: 1 },
  ...{ indexes: 0, options: '', indexSpecs: [] },
});

test('a time series is one row with the size of its buckets; buckets that no series has are a row', () => {
  const rows = [
    row('shop.weather', 'timeseries', 0),
    row('shop.system.buckets.weather', 'collection', 500),
    row('crm.system.buckets.weather', 'collection', 7),
    row('shop.orders', 'collection', 20),
    row('shop.seen', 'view', 0),
  ];
  assert.deepEqual(
    withSeries(rows).map(({ namespace, contentBytes }) => [namespace, contentBytes]),
    [
      ['shop.weather', 500],
      ['crm.system.buckets.weather', 7],
      ['shop.orders', 20],
      ['shop.seen', 0],
    ],
  );
});
