import { setTimeout as delay } from 'node:timers/promises';
import { schemaHash } from '../../src/model/schema-hash.ts';
import type { HostReport, SetReport } from '../../src/wire/agent-messages.ts';
import { AgentClient } from './agent-client.ts';
import { diagnosticRecording } from './diagnostic-recording.ts';
import { fleetRecording } from './fleet-loader.ts';

/**
 * An agent that watches many members of replica sets which exist only in a recording: `serverUrl groupId apiKey hosts
 * [pastHosts]`. The first pastHosts of them have the past hour when the rest begins.
 * Each host is sampled every 10 s at a moment of its own; what came within a second travels together, as agents send it.
 * Prints a line of JSON after each second: samples and numbers that the server acknowledged, and the loader's own delay.
 */
const [serverUrl = '', groupId = '', apiKey = '', wanted = '1000', pastHosts = '0'] = process.argv.slice(2);
const intervalMs = 10_000;
const tickMs = 1000;
const membersPerSet = 3;
const hosts = Number(wanted);
const recording = await diagnosticRecording(fleetRecording);
/** Deployments run several versions: each has its own list of names. */
const schemas = [0, 1, 2, 3].map((dropped) => {
  const names = recording.names.slice(0, recording.names.length - dropped);
  return { hash: schemaHash(names), names };
});
const changing = changingNumbers();
const noise = Int32Array.from({ length: 4096 }, () => Math.floor(Math.random() ** 4 * 200));
const agent = new AgentClient({ serverUrl, groupId, apiKey });
await agent.hello();
let settings = await agent.untilActive();
await agent.report({ sets: sets() });
settings = await agent.settings(settings.version, 0);
const idOf = new Map(settings.targets.map(({ host, hostId }) => [host, hostId]));
if (idOf.size !== hosts) throw new Error(`the server knows ${idOf.size} hosts, not ${hosts}`);
void followSettings();
void reportAgain();
await sendPast(Number(pastHosts), 3_600_000);
await sample();

async function followSettings(): Promise<void> {
  for (;;) settings = await agent.settings(settings.version, 30);
}

async function reportAgain(): Promise<void> {
  for (;;) {
    await agent.report({ hosts: hostReports(), sets: sets() });
    await delay(intervalMs);
  }
}

/** Ten minutes of a host a message. */
async function sendPast(count: number, spanMs: number): Promise<void> {
  const perMessage = 60;
  const samples = Math.floor(spanMs / intervalMs);
  const began = Date.now() - spanMs - intervalMs;
  for (let first = 0; first < samples; first += perMessage) {
    for (let host = 0; host < count; host++) {
      const each = Array.from({ length: Math.min(perMessage, samples - first) }, (_, i) =>
        runOf(host, first + i, began + (first + i) * intervalMs),
      );
      const [run] = each;
      if (run === undefined) continue;
      const times = each.flatMap((one) => one.times);
      await agent.samples({
        schemas,
        runs: [{ ...run, times, values: each.flatMap(({ values }) => values) }],
        gaps: [],
      });
    }
  }
}

async function sample(): Promise<void> {
  const perTick = Math.ceil(hosts / (intervalMs / tickMs));
  let [samples, numbers] = [0, 0];
  const began = performance.now();
  for (let tick = 0; ; tick++) {
    await delay(Math.max(0, began + tick * tickMs - performance.now()));
    const lateMs = performance.now() - began - tick * tickMs;
    const round = Math.floor(tick / (intervalMs / tickMs)) + 360;
    const first = (tick % (intervalMs / tickMs)) * perTick;
    const runs = Array.from({ length: Math.max(0, Math.min(perTick, hosts - first)) }, (_, i) =>
      runOf(first + i, round),
    );
    const answer = await agent.samples({ schemas: tick < 20 ? schemas : [], runs, gaps: [] });
    if (answer.missingSchemas.length > 0) throw new Error('the server lost a schema');
    samples += answer.appendedSamples;
    numbers += runs.reduce((sum, { values }) => sum + (values[0]?.length ?? 0), 0);
    console.log(JSON.stringify({ samples, numbers, lateMs: Math.round(lateMs) }));
  }
}

function runOf(host: number, round: number, timeMs = Date.now()) {
  const schema = schemas[host % schemas.length] ?? { hash: '', names: [] };
  const frame = recording.values[(host * 7 + round) % recording.values.length] ?? new Float64Array();
  const values = frame.slice(0, schema.names.length);
  // Counters go on growing, each host at its own pace.
  for (const at of changing) values[at] = (values[at] ?? 0) + (noise[(host * 31 + at) & 4095] ?? 0) * (round + 1);
  const stream = idOf.get(hostName(host)) ?? '';
  return { stream, source: 0 as const, schemaHash: schema.hash, times: [timeMs], values: [values] };
}

/** Where whole numbers change from one reply to the next. */
function changingNumbers(): number[] {
  const [a, b] = [recording.values[10], recording.values[200]];
  if (a === undefined || b === undefined) throw new Error('the recording is too short');
  const differ = [...a.keys()].filter((at) => a[at] !== b[at] && Number.isInteger(b[at]));
  return differ.filter((at) => at < a.length - 4);
}

function hostName(host: number): string {
  return `db${host}.example.net:27017`;
}

function setIdOf(set: number): string {
  return set.toString(16).padStart(24, '0');
}

function hostReports(): HostReport[] {
  const now = Date.now();
  return Array.from({ length: hosts }, (_, host) => ({
    hostId: idOf.get(hostName(host)) ?? '',
    atMs: now,
    reachable: true,
    sinceMs: 1_700_000_000_000,
    missedPolls: 0,
    type: 'mongod',
    role: host % membersPerSet === 0 ? 'primary' : 'secondary',
    version: '6.0.20',
    setName: `rs${Math.floor(host / membersPerSet)}`,
    replicaSetId: setIdOf(Math.floor(host / membersPerSet)),
    me: hostName(host),
    processId: host.toString(16).padStart(24, '0'),
    startedAtMs: 1_700_000_000_000,
    clockSkewMs: Math.round(Math.random() * 10),
    collection: 'diagnostic',
  }));
}

function sets(): SetReport[] {
  const now = Date.now();
  return Array.from({ length: Math.ceil(hosts / membersPerSet) }, (_, set) => {
    const first = set * membersPerSet;
    const count = Math.min(membersPerSet, hosts - first);
    return {
      replicaSetId: setIdOf(set),
      name: `rs${set}`,
      term: 3,
      configVersion: 1,
      reportedBy: hostName(first),
      oplogFirstMs: now - 86_400_000,
      oplogLastMs: now,
      oplogBytes: 1e9,
      members: Array.from({ length: count }, (__, member) => ({
        host: hostName(first + member),
        memberId: member,
        state: member === 0 ? 1 : 2,
        stateName: member === 0 ? 'PRIMARY' : 'SECONDARY',
        health: 1,
        arbiterOnly: false,
        hidden: false,
        priority: 1,
        votes: 1,
        delaySeconds: 0,
        appliedMs: now,
        lagMs: member === 0 ? 0 : Math.round(Math.random() * 900),
      })),
    };
  });
}
