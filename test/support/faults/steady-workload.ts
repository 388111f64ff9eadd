import { setTimeout as delay } from 'node:timers/promises';
import type { ReplicaSet } from '../replica-set.ts';
import { runRaw } from '../wire-insert.ts';
import { runWorkload } from '../workload/random-workload.ts';
import type { Workload } from '../workload/workload.ts';

const pauseMs = 5;
const guardMs = 1000;
const serverSelectionTimeoutMS = 5000;
const mostTold = 20_000;
const restDeadlineMs = 180_000;

/** A random workload that goes on whatever happens to the members; what fails with the network is forgotten. */
export class SteadyWorkload {
  readonly #workload: Workload;
  readonly #set: ReplicaSet;
  readonly #guard: Promise<void>;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Operations that were tried, and those that failed with the network or for want of a primary. */
  steps = 0;
  failures = 0;

  constructor(workload: Workload, set: ReplicaSet) {
    this.#workload = workload;
    this.#set = set;
    this.#guard = this.#guardPrepared();
  }

  start(): void {
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal);
  }

  /** Resolves when nothing is under way any more. */
  async rest(): Promise<void> {
    this.#stop.abort();
    const late = delay(restDeadlineMs, 'late' as const, { ref: false });
    if ((await Promise.race([this.#running, late])) === 'late')
      throw new Error(`the workload hangs: ${await this.#underWay()}`);
  }

  /** What the members are doing, for whoever looks into a hang. */
  async #underWay(): Promise<string> {
    const found: string[] = [];
    for (const member of this.#set.members) {
      try {
        await using client = await this.#set.connectTo(member, { serverSelectionTimeoutMS });
        const admin = client.db('admin');
        const { inprog } = await admin.command({
          currentOp: 1,
          secs_running: { $gte: 5 },
          ns: { $ne: 'local.oplog.rs' },
        });
        const idle = await client
          .db('config')
          .collection('transactions')
          .find({ state: { $exists: true } })
          .toArray();
        found.push(
          `${member.host} ${JSON.stringify({ inprog, open: idle.filter(({ state }) => state !== 'committed' && state !== 'aborted') })}`,
        );
      } catch (thrown) {
        found.push(`${member.host} ${String(thrown)}`);
      }
    }
    return found.join('\n').slice(0, mostTold);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop.abort();
    await this.#guard;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.steps++;
      try {
        await runWorkload(this.#workload, 1);
        await delay(pauseMs);
      } catch {
        this.failures++;
        await delay(20 * pauseMs);
      }
    }
  }

  /** What a coordinator would do: transactions that stay prepared because their client lost its primary are ended. */
  async #guardPrepared(): Promise<void> {
    let before = new Set<string>();
    while (!this.#isClosed) {
      await delay(guardMs);
      try {
        before = await this.#endPrepared(before);
      } catch {
        // no primary now: look again
      }
    }
  }

  async #endPrepared(before: ReadonlySet<string>): Promise<Set<string>> {
    for (const member of this.#set.members) {
      // Too short for a busy machine, and a transaction stays prepared for ever: all that it has touched waits for it.
      const client = await this.#set.connectTo(member, { serverSelectionTimeoutMS }).catch(() => undefined);
      await using _closing = client;
      const asked = client?.db('admin').command({ hello: 1 }, { timeoutMS: serverSelectionTimeoutMS });
      const hello = await asked?.catch(() => undefined);
      if (client === undefined || hello?.['isWritablePrimary'] !== true) continue;
      const found = await client.db('config').collection('transactions').find({ state: 'prepared' }).toArray();
      const keyOf = (one: (typeof found)[number]): string => `${one._id['id']} ${one['txnNum']}`;
      for (const one of found.filter((entry) => before.has(keyOf(entry)))) {
        const end = { lsid: { id: one._id['id'] }, txnNumber: one['txnNum'], autocommit: false, $db: 'admin' };
        await runRaw(member.port, { abortTransaction: 1, ...end });
      }
      return new Set(found.map(keyOf));
    }
    return new Set();
  }
}
