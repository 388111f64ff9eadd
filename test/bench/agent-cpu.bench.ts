import { setTimeout as delay } from 'node:timers/promises';
import { Flattener } from '../../src/deployment/flatten-bson.ts';
import { EventNotes } from '../../src/monitor/event-notes.ts';
import { Outbox } from '../../src/monitor/outbox.ts';
import { OutboxDisk } from '../../src/monitor/outbox-disk.ts';
import { Poller } from '../../src/monitor/poller.ts';
import { RawReplies } from '../../src/monitor/raw-replies.ts';
import { SchemaBook } from '../../src/monitor/sample-schema.ts';
import { Sender } from '../../src/monitor/sender.ts';
import { ServerLink } from '../../src/monitor/server-link.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { ProblemLog } from '../../src/runtime/problem-log.ts';
import { openIdentity } from '../../src/wire/agent-identity.ts';
import { ServerClient } from '../../src/wire/client.ts';
import { startFakeServer } from '../support/fake-server.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quantile, reportFigure } from './report-figure.ts';

/**
 * CPU of the agent for one poll of one real mongod: command, flatten, keep, encode, compress, send; user and system time of all
 * threads of the process. The mongod takes its diagnostic data ten times a second, so that hundreds of polls fit into a minute.
 */
const warmUp = 150;
const windows = 5;
const pollsPerWindow = 100;
const intervalMs = 120;

await using set = await startReplicaSet({
  members: 1,
  args: ['--setParameter', 'diagnosticDataCollectionPeriodMillis=100'],
});
await using folder = tempDir('bench-agent');
await using server = await startFakeServer();
const identity = await openIdentity(folder.file('state'));
const client = new ServerClient({ serverUrl: server.url, groupId: 'g', apiKey: 'k', env: {} });
const stop = new AbortController();
const disk = new OutboxDisk(folder.file('outbox'), 2 ** 20);
await disk.open();
const outbox = new Outbox({ disk });
const sender = new Sender({
  outbox,
  link: new ServerLink(client, identity, stop.signal),
  log: silentLog,
  problem: new ProblemLog(silentLog, 'sending samples'),
  signal: stop.signal,
  lingerMs: () => 50,
}).run();
const share = {
  outbox,
  replies: new RawReplies({ keptEveryMs: 0 }),
  events: new EventNotes(),
  flattener: new Flattener(),
  schemas: new SchemaBook(),
  log: silentLog,
  primaryWindows: new Map<string, number>(),
  epoch: () => 1,
};
const connection = { host: set.hosts[0] ?? '', tls: false };
const poller = new Poller({ hostId: 'h', connection, intervalMs: 1000 }, share);

async function poll(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await poller.poll(stop.signal);
    await delay(intervalMs);
  }
}

await poll(warmUp);
const perSample: number[] = [];
let numbers = 0;
for (let window = 0; window < windows; window++) {
  const before = server.numbers();
  const cpu = process.cpuUsage();
  await poll(pollsPerWindow);
  const { user, system } = process.cpuUsage(cpu);
  const taken = server.numbers();
  const samples = taken.samples - before.samples;
  if (samples < pollsPerWindow * 0.9) throw new Error(`only ${samples} of ${pollsPerWindow} polls gave a sample`);
  perSample.push((user + system) / 1000 / samples);
  numbers = Math.round((taken.values - before.values) / samples);
}
reportFigure({
  what: 'agent CPU for one poll of one mongod',
  goal: '6 ms',
  measured: `${quantile(perSample, 0.5).toFixed(2)} ms`,
  remark: `median of ${windows} windows of ${pollsPerWindow} polls (least ${Math.min(...perSample).toFixed(2)}, most ${Math.max(...perSample).toFixed(2)}), ${numbers} numbers each, of a real 6.0, eight polls a second, each sent alone; user and system time of all threads, the test server in another process`,
});
stop.abort();
await sender;
await poller.close();
await client.close();
identity.release();
