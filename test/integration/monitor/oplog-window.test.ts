import assert from 'node:assert/strict';
import { test } from 'node:test';
import { derivedNames } from '../../../src/monitor/derive.ts';
import { eventually } from '../../support/eventually.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { testPollers } from '../../support/test-poller.ts';

const login = { username: 'monitor', password: 'secret', authSource: 'admin' };

for (const version of ['4.4', '5.0', '6.0'] as const) {
  test(`lag, headroom and oplog window of a ${version} are known to a user with the role clusterMonitor alone`, async () => {
    await using set = await startReplicaSet({ version, auth: { user: 'root', password: 'root' } });
    const client = await set.connect();
    await client.db('admin').command({ createUser: 'monitor', pwd: 'secret', roles: ['clusterMonitor'] });
    await client.close();
    await using pollers = await testPollers();
    const poller = pollers.add({ host: set.hosts[0] ?? '', tls: false, credentials: login });
    const [lag = '', headroom = '', window = ''] = derivedNames;
    const values = await eventually(
      async () => {
        await poller.poll(AbortSignal.timeout(120_000));
        const batch = await pollers.share.outbox.first();
        pollers.share.outbox.kept();
        // The set's settings are asked for after the first reply, and a reply may come before mongod knows of a write.
        const sample = batch?.from === 'memory' && poller.set !== undefined ? batch.samples.at(-1) : undefined;
        return sample?.schema.names.includes(lag) === true && poller.report?.collection === 'diagnostic' && sample;
      },
      { timeoutMs: 240_000, what: 'a sample of diagnostic data with the lag' },
    );
    const value = (name: string): number => values.values[values.schema.names.indexOf(name)] ?? Number.NaN;
    assert.equal(value(lag), 0);
    assert.ok(value(window) >= 0 && value(window) < 600_000, `window ${value(window)}`);
    assert.ok(value(headroom) >= 0 && value(headroom) < 600_000, `headroom ${value(headroom)}`);
    assert.ok((poller.set?.oplogLastMs ?? 0) >= (poller.set?.oplogFirstMs ?? Number.POSITIVE_INFINITY));
  });
}
