import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeAll, runExposureProbeCommand, statusOf } from '../../../src/cli/exposure-probe-command.ts';
import { realWays } from '../../../src/server/exposure/probe.ts';

test('the exit status is that of the worst host', () => {
  const status = (...findings: readonly Parameters<typeof statusOf>[0][number]['finding'][]) =>
    statusOf(findings.map((finding) => ({ finding })));
  assert.equal(status('closed', 'private'), 0);
  assert.equal(status('closed', null, 'otherService'), 1);
  assert.equal(status('mongodb', 'closed'), 1);
  assert.equal(status('open', 'mongodb', null), 2);
  assert.equal(status('closed', null), 3);
});

test('hosts are looked at a few at once and told in the order of their names', async () => {
  let running = 0;
  let most = 0;
  const ways: typeof realWays = {
    ...realWays,
    resolve: async () => ['9.9.9.9'],
    look: async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return { kind: 'open', tls: false, from: null, databases: 4 };
    },
  };
  const hosts = Array.from({ length: 10 }, (_, n) => `db${n}:27017`);
  const told: string[] = [];
  const found = await probeAll(hosts, ways, new AbortController().signal, ({ host }) => told.push(host));
  assert.deepEqual(told, hosts);
  assert.equal(most, 4);
  assert.deepEqual(found[0], {
    host: 'db0:27017',
    finding: 'open',
    severity: 'bad',
    detail: found[0]?.detail,
    address: '9.9.9.9:27017',
    tls: false,
    databases: 4,
  });
});

test('hosts are named, or the server is asked, not both and not none', async () => {
  await assert.rejects(runExposureProbeCommand({}, []), { code: 'USAGE' });
  await assert.rejects(runExposureProbeCommand({ fromServer: true }, ['db1']), { code: 'USAGE' });
  await assert.rejects(runExposureProbeCommand({}, ['http://db1']), { code: 'INPUT_INVALID' });
});
