import { Flattener } from '../../src/deployment/flatten-bson.ts';
import { EventNotes } from '../../src/monitor/event-notes.ts';
import { openIdentity } from '../../src/monitor/identity.ts';
import { Outbox } from '../../src/monitor/outbox.ts';
import { OutboxDisk } from '../../src/monitor/outbox-disk.ts';
import { Poller } from '../../src/monitor/poller.ts';
import { RawReplies } from '../../src/monitor/raw-replies.ts';
import { SchemaBook } from '../../src/monitor/sample-schema.ts';
import { Sender } from '../../src/monitor/sender.ts';
import { ServerLink } from '../../src/monitor/server-link.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { ServerClient } from '../../src/wire/client.ts';
import { startFakeServer } from '../support/fake-server.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { reportFigure } from './report-figure.ts';

/** CPU of the agent for one poll of one real mongod: command, flatten, keep, encode, compress, send. */
const polls = 60;
const pauseMs = 1050;

await using set = await startReplicaSet({ members: 1 });
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
  signal: stop.signal,
  lingerMs: () => 50,
}).run();
const share = {
  outbox,
  replies: new RawReplies(),
  events: new EventNotes(),
  flattener: new Flattener(),
  schemas: new SchemaBook(),
  log: silentLog,
  primaryWindows: new Map<string, number>(),
  epoch: () => 1,
};
const connection = { host: set.hosts[0] ?? '', tls: false };
const poller = new Poller({ hostId: 'h', connection, intervalMs: 1000 }, share);
const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs));

for (let i = 0; i < 20; i++) {
  await poller.poll(stop.signal);
  await pause();
}
const before = server.numbers();
const cpu = process.cpuUsage();
for (let i = 0; i < polls; i++) {
  await poller.poll(stop.signal);
  await pause();
}
const { user, system } = process.cpuUsage(cpu);
const taken = server.numbers();
const samples = taken.samples - before.samples;
const perSample = (user + system) / 1000 / Math.max(1, samples);
reportFigure({
  what: 'agent CPU for one poll of one mongod',
  goal: '6 ms',
  measured: `${perSample.toFixed(2)} ms`,
  remark: `${samples} samples of ${Math.round((taken.values - before.values) / Math.max(1, samples))} numbers of a real 6.0, one poll a second, each sent alone; user and system time of the whole process, the test server in another`,
});
stop.abort();
await sender;
await poller.close();
await client.close();
identity.release();
