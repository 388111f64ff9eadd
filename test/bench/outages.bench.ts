import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import { type BackedUpSet, startBackedUpSet } from '../support/backed-up-set.ts';
import { eventually } from '../support/eventually.ts';
import { cpuSeconds, rssAnonMb } from '../support/process-use.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { BulkWriter } from '../support/workload/bulk-writer.ts';
import { operationTime } from '../support/workload/random-workload.ts';
import { reportFigure } from './report-figure.ts';

/**
 * How fast a backup catches up after an outage of the agent (it reads the oplog) and one of the server (the agent's spool holds it), while
 * source, server and agents share the machine. At LEAFWARD_BENCH_SCALE=1 each outage lasts ten minutes (default: a twentieth), in which
 * 20,000 operations a second are written, or as many as the source takes.
 */
const scale = Number(process.env['LEAFWARD_BENCH_SCALE'] ?? 0.05);
const only = process.env['LEAFWARD_BENCH_ONLY'];
const goalPerSecond = 20_000;
const outageMs = 600_000 * scale;
const catchUpMs = 1_800_000;

await using folder = tempDir('bench-outages');
await using set = await startReplicaSet({ members: 1, cacheSizeGB: 1, oplogSizeMb: Math.max(2000, 9000 * scale) });
await using client = await set.connect();
const writer = new BulkWriter('bench', 'writes');
await client.db('bench').createCollection('writes');
await using backedUp = await startBackedUpSet(folder, set, { settled: true });
await backedUp.protectedUntil(await operationTime(client));
if (only !== 'agent') await outageOfServer(backedUp, client);
if (only !== 'server') await outageOfAgent(backedUp, client);

interface Written {
  readonly operations: number;
  readonly seconds: number;
}

/** As long as the outage lasts, at most at the rate of the goal. */
async function writeMeanwhile(source: MongoClient): Promise<Written> {
  const began = performance.now();
  let operations = 0;
  while (performance.now() - began < outageMs) {
    const early = (operations / goalPerSecond) * 1000 - (performance.now() - began);
    if (early > 0) await delay(early);
    operations += (await writer.write(source)).operations;
  }
  return { operations, seconds: (performance.now() - began) / 1000 };
}

async function outageOfServer(backup: BackedUpSet, source: MongoClient): Promise<void> {
  let written: Written = { operations: 0, seconds: 0 };
  let mostOfAgent = 0;
  const timer = setInterval(() => {
    mostOfAgent = Math.max(mostOfAgent, rssAnonMb(backup.agent.pid));
  }, 100);
  const before = (await backup.view()).protectedUntil?.ts;
  let began = 0;
  await backup.product.crashServer(async () => {
    written = await writeMeanwhile(source);
    began = performance.now();
  });
  clearInterval(timer);
  const meanwhile = `the agent's memory at most ${mostOfAgent.toFixed(0)} MB meanwhile`;
  const start = performance.now() - began;
  await report('the server', { backup, source, written, began, before, pid: backup.agent.pid }, [
    meanwhile,
    `${(start / 1000).toFixed(1)} s until the server was ready`,
  ]);
}

async function outageOfAgent(backup: BackedUpSet, source: MongoClient): Promise<void> {
  const before = (await backup.view()).protectedUntil?.ts;
  await backup.agent.stop();
  const written = await writeMeanwhile(source);
  const began = performance.now();
  const agent = backup.startBackupAgent('backup');
  await report('the agent', { backup, source, written, began, before, pid: agent.pid }, []);
  await agent.stop();
}

interface Outage {
  readonly backup: BackedUpSet;
  readonly source: MongoClient;
  readonly written: Written;
  readonly began: number;
  readonly before: string | undefined;
  /** Of the agent. */
  readonly pid: number;
}

async function report(whose: string, outage: Outage, remarks: readonly string[]): Promise<void> {
  const { backup, source, written, began, before, pid } = outage;
  const server = backup.product.server.pid;
  const cpu = { agent: cpuSeconds(pid), server: cpuSeconds(server) };
  let agentMb = 0;
  let serverMb = 0;
  const timer = setInterval(() => {
    agentMb = Math.max(agentMb, rssAnonMb(pid));
    serverMb = Math.max(serverMb, rssAnonMb(server));
  }, 100);
  const moved = eventually(async () => (await backup.view()).protectedUntil?.ts !== before, {
    timeoutMs: catchUpMs,
    everyMs: 20,
    what: 'the first slice after the outage',
  }).then(() => performance.now());
  await backup.protectedUntil(await operationTime(source), catchUpMs);
  const took = (performance.now() - began) / 1000;
  clearInterval(timer);
  const first = ((await moved) - began) / 1000;
  const rate = written.operations / written.seconds;
  reportFigure({
    what: `oplog capture after an outage of ${whose}: rate at which it catches up, in multiples of 20,000 operations a second`,
    goal: '3 ×',
    measured: `${(written.operations / took / goalPerSecond).toFixed(1)} ×`,
    remark: [
      `${written.operations.toLocaleString('en')} operations in an outage of ${(written.seconds / 60).toFixed(1)} minutes (${Math.round(rate).toLocaleString('en')} a second), ` +
        `durable after ${took.toFixed(1)} s (${(written.operations / took / rate).toFixed(1)} × the rate at which they were written), the first slice after ${first.toFixed(1)} s`,
      ...remarks,
      `agent · server: CPU ${(cpuSeconds(pid) - cpu.agent).toFixed(1)} · ${(cpuSeconds(server) - cpu.server).toFixed(1)} s, memory at most ${agentMb.toFixed(0)} · ${serverMb.toFixed(0)} MB`,
    ].join('; '),
  });
}
