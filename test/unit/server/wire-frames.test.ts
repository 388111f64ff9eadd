import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { agentRoutes, protocolVersion } from '../../../src/wire/protocol.ts';
import { encodeSamples, schemaHash } from '../../../src/wire/sample-frames.ts';
import {
  addGroup,
  agentHeadersOf,
  api,
  newAgent,
  type ServerFixture,
  startFixture,
} from '../../support/server-fixture.ts';

/**
 * Bodies as agents of each accepted protocol version send them. They are recorded once per version
 * (RECORD_FRAMES=true) and never changed: a server that stops taking them breaks agents that are out there.
 */
const folder = join(import.meta.dirname, '..', '..', 'golden', 'wire');
const agentId = 'a_0123456789abcdef01234567';
const hostId = 'h_recorded';
const atMs = 1_800_000_000_000;
const messages = ['hello', 'samples', 'report', 'answers'] as const;

if (process.env['RECORD_FRAMES'] === 'true') record(join(folder, `${protocolVersion.major}.${protocolVersion.minor}`));

const versions = readdirSync(folder);

test('frames are recorded for this protocol version', () => {
  assert.ok(versions.includes(`${protocolVersion.major}.${protocolVersion.minor}`));
});

for (const version of versions) {
  test(`the recorded frames of protocol ${version} are taken`, async () => {
    await using server = await startFixture();
    const group = await addGroup(server, 'A');
    const agent = { ...newAgent(group, agentId), instanceId: '0123456789abcdef0123456789abcdef' };
    await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: 'db1' });
    const fleet = await server.context.fleet.group(group.id);
    const [host] = fleet.hosts.values();
    assert.ok(host !== undefined);
    await fleet.saveHosts([{ ...host, id: hostId }]);
    await fleet.removeHost(host.id);
    for (const message of messages) {
      if (message === 'samples') await claim(server, agentHeadersOf(agent), version);
      const reply = await server.app.inject({
        method: 'POST',
        url: agentRoutes[message],
        headers: {
          ...agentHeadersOf(agent),
          'leafward-protocol': version,
          'leafward-epoch': '1',
          'content-encoding': 'zstd',
          'content-type': message === 'samples' ? 'application/octet-stream' : 'application/json',
        },
        payload: readFileSync(join(folder, version, `${message}.zst`)),
      });
      assert.equal(reply.statusCode, 200, `${message}: ${reply.body}`);
    }
    assert.equal(server.metrics.appended[0]?.message.runs[0]?.stream, hostId);
    const shown = (await api(server, group, 'GET', `/groups/${group.id}/hosts/${hostId}`)).json();
    assert.deepEqual(
      [shown.role, shown.version, shown.problem.code],
      ['primary', '6.0.5', 'MONGODB_PRIVILEGE_MISSING'],
    );
  });
}

async function claim({ app }: ServerFixture, headers: Record<string, string>, version: string): Promise<void> {
  const reply = await app.inject({
    url: `${agentRoutes.settings}?version=0&waitSeconds=0`,
    headers: { ...headers, 'leafward-protocol': version },
  });
  assert.equal(reply.json().role, 'active');
}

function record(path: string): void {
  mkdirSync(path, { recursive: true });
  for (const [name, body] of Object.entries(bodies())) {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const frame = zstdCompressSync(bytes);
    assert.deepEqual(zstdDecompressSync(frame), bytes);
    writeFileSync(join(path, `${name}.zst`), frame, { flag: 'wx' });
  }
}

function bodies() {
  const names = ['serverStatus.uptime', 'serverStatus.opcounters.insert'];
  const hash = schemaHash(names);
  const values = [Float64Array.of(10, 1), Float64Array.of(20, Number.NaN)];
  const run = { stream: hostId, source: 0 as const, schemaHash: hash, times: [atMs - 10_000, atMs], values };
  const gap = { stream: hostId, fromMs: atMs - 60_000, toMs: atMs - 50_000, reason: 'the outbox was full' };
  const member = {
    state: 1,
    stateName: 'PRIMARY',
    health: 1,
    arbiterOnly: false,
    hidden: false,
    priority: 1,
    votes: 1,
    delaySeconds: 0,
  };
  return {
    hello: {
      kind: 'monitoring',
      agentId,
      instanceId: '0123456789abcdef0123456789abcdef',
      hostname: 'mon1.example.net',
      version: '0.1.0',
      target: 'linux-x64',
      publicKey: Buffer.alloc(32, 7).toString('base64'),
      pid: 4711,
    },
    samples: Buffer.from(encodeSamples({ schemas: [{ hash, names }], runs: [run], gaps: [gap] })),
    report: {
      atMs,
      hosts: [
        {
          hostId,
          atMs,
          reachable: true,
          sinceMs: atMs - 1000,
          type: 'mongod',
          role: 'primary',
          version: '6.0.5',
          setName: 'rs0',
          replicaSetId: '65f0c0ffee65f0c0ffee65f0',
          me: 'db1:27017',
          processId: '65f0c0ffee65f0c0ffee65f1',
          startedAtMs: atMs - 1e6,
          clockSkewMs: 3,
          collection: 'commands',
          problem: { code: 'MONGODB_PRIVILEGE_MISSING', message: 'not allowed', hint: 'grant clusterMonitor' },
        },
      ],
      sets: [
        {
          replicaSetId: '65f0c0ffee65f0c0ffee65f0',
          name: 'rs0',
          term: 3,
          configVersion: 2,
          reportedBy: 'db1:27017',
          oplogFirstMs: atMs - 1e8,
          oplogLastMs: atMs,
          members: [{ ...member, host: 'db1:27017', memberId: 0, lagMs: 0, appliedMs: atMs }],
        },
      ],
      clusters: [],
      documents: [{ hostId, kind: 'buildInfo', atMs, document: { version: '6.0.5' } }],
      events: [{ hostId, atMs, kind: 'restart', message: 'db1:27017 started again' }],
      agent: {
        cpuPercent: 0.5,
        rssBytes: 6e7,
        rssAnonBytes: 4e7,
        outboxSamples: 0,
        outboxBytes: 0,
        startedAtMs: atMs - 1e6,
      },
    },
    answers: {
      orderId: 'o_unknown',
      done: true,
      doctor: [{ step: 'dns', title: 'Name', state: 'ok', message: 'db1 is 10.0.0.1', durationMs: 2 }],
    },
  };
}
