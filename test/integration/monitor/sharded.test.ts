import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host, TopologyAnswer } from '../../../src/wire/api/deployment.ts';
import { eventually } from '../../support/eventually.ts';
import { startShardedCluster } from '../../support/sharded.ts';
import { startWatching } from '../../support/watching.ts';

for (const seed of ['a shard', 'a config server']) {
  test(`a whole sharded cluster is found from one seed on ${seed}`, async () => {
    await using cluster = await startShardedCluster();
    await using watching = await startWatching();
    const from = seed === 'a shard' ? cluster.shards[1] : cluster.config;
    await watching.api('POST', '/hosts', { host: from?.hosts[0] });
    await watching.startAgent();
    const all = [cluster.config, ...cluster.shards].flatMap(({ hosts }) => hosts).toSorted();
    const found = await eventually(
      async () => {
        const { clusters } = await watching.api<TopologyAnswer>('GET', '/topology');
        const [cluster] = clusters;
        const isWhole = cluster?.configSet != null && cluster.shards.filter(({ shardName }) => shardName).length === 2;
        return isWhole && (await watching.api<Host[]>('GET', '/hosts')).length === all.length && cluster;
      },
      { timeoutMs: 240_000, what: 'a cluster of three sets' },
    );
    assert.deepEqual(
      found.shards.map(({ name, shardName }) => [name, shardName]),
      [
        ['sh0', 'sh0'],
        ['sh1', 'sh1'],
      ],
    );
    assert.equal(found.name, 'config');
    const hosts = await watching.api<Host[]>('GET', '/hosts');
    assert.deepEqual(hosts.map(({ host }) => host).toSorted(), all);
    assert.equal(new Set(hosts.map(({ clusterId }) => clusterId)).size, 1);
  });
}
