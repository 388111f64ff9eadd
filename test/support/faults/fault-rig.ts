import { statfsSync } from 'node:fs';
import type { Timestamp } from 'mongodb';
import type { BackupSet, BackupTimeline } from '../../../src/wire/api/backups.ts';
import type { App } from '../app.ts';
import { type BackedUpSet, startBackedUpSet } from '../backed-up-set.ts';
import { eventually } from '../eventually.ts';
import { type Mongod, startMongod } from '../mongod.ts';
import type { MongodVersion } from '../mongod-binary.ts';
import { rssAnonMb } from '../process-use.ts';
import { type ReplicaSet, startReplicaSet } from '../replica-set.ts';
import { type SmallDisk, smallDisk, whyNoSmallDisk } from '../small-disk.ts';
import { type TempDir, tempDir } from '../temp-dir.ts';
import { RandomSource } from '../workload/random-source.ts';
import { fillSource, openWorkload, operationTime, runWorkload } from '../workload/random-workload.ts';
import type { Workload } from '../workload/workload.ts';
import { assertRestores, assertTimeline, type KnownMoment, momentNow, momentsSince } from './known-moments.ts';
import { type RoughProxy, startRoughProxy } from './rough-proxy.ts';
import { SteadyWorkload } from './steady-workload.ts';

export interface RigOptions {
  readonly seed: number;
  readonly members: number;
  readonly version: MongodVersion;
  /** Documents of the source before backup is switched on. */
  readonly documents?: number;
  /** Limit of the reads of the source, so that a scan lasts. */
  readonly scanBytesPerSecond?: number;
}

/** Most anonymous memory that was seen, MB. */
export interface MostMemory {
  agent: number;
  server: number;
}

const logLines = 12;
const serverDiskMb = 500;
/** Far more than a store of the workload takes, far less than its disk: what grows with every round is found. */
const mostStoredMb = 250;
/** The spool leaves 256 MiB of its disk alone. */
const agentDiskMb = 400;

/** Everything that can be broken, and what the source has said of itself. Ends with the scope. */
export class FaultRig implements AsyncDisposable {
  readonly random: RandomSource;
  readonly set: ReplicaSet;
  readonly workload: Workload;
  readonly steady: SteadyWorkload;
  readonly backedUp: BackedUpSet;
  readonly proxy: RoughProxy;
  /** Undefined where disks of their own cannot be made. */
  readonly disks: { readonly server: SmallDisk; readonly agent: SmallDisk } | undefined;
  readonly moments: KnownMoment[] = [];
  readonly most: MostMemory = { agent: 0, server: 0 };
  agent: App;
  /** Settings and state of the agent that runs are under this name. */
  agentName = 'backup';
  monitoring: App;
  #isCopied = false;
  readonly #watch: NodeJS.Timeout;
  readonly #resources: AsyncDisposableStack;
  readonly #folder: TempDir;
  readonly #target: Mongod;

  static async start(options: RigOptions): Promise<FaultRig> {
    const { seed, members, version, documents = 500 } = options;
    await using resources = new AsyncDisposableStack();
    const args = ['--setParameter', 'enableTestCommands=1'];
    const set = resources.use(await startReplicaSet({ members, version, args, oplogSizeMb: 512 }));
    const client = resources.adopt(await set.connect(), (open) => open.close());
    const target = resources.use(await startMongod({ version, args }));
    const disks =
      whyNoSmallDisk() === undefined
        ? { server: resources.use(smallDisk(serverDiskMb)), agent: resources.use(smallDisk(agentDiskMb)) }
        : undefined;
    const serverFolder = disks?.server ?? resources.use(tempDir('server'));
    const agentFolder = disks?.agent ?? resources.use(tempDir('agents'));
    const workload = await openWorkload(client, seed);
    await fillSource(workload, async () => (await set.primary()).port, documents);
    const proxies: RoughProxy[] = [];
    const agentUrl = async (url: string): Promise<string> => {
      const proxy = resources.use(await startRoughProxy(Number(new URL(url).port)));
      proxies.push(proxy);
      return proxy.url;
    };
    const startArgs =
      options.scanBytesPerSecond === undefined ? [] : ['--scan-bytes-per-second', String(options.scanBytesPerSecond)];
    const steady = resources.adopt(new SteadyWorkload(workload, set), (running) => running.close());
    const backedUp = resources.use(await startBackedUpSet(serverFolder, set, { agentFolder, agentUrl, startArgs }));
    const [proxy] = proxies;
    if (proxy === undefined) throw new Error('the agents have no proxy');
    const parts = { seed, set, workload, steady, backedUp, proxy, disks, target, folder: agentFolder };
    return new FaultRig(parts, resources.move());
  }

  private constructor(
    parts: Pick<FaultRig, 'set' | 'workload' | 'steady' | 'backedUp' | 'proxy' | 'disks'> & {
      readonly seed: number;
      readonly target: Mongod;
      readonly folder: TempDir;
    },
    resources: AsyncDisposableStack,
  ) {
    this.random = new RandomSource(parts.seed ^ 0x5eed);
    this.set = parts.set;
    this.workload = parts.workload;
    this.steady = parts.steady;
    this.backedUp = parts.backedUp;
    this.proxy = parts.proxy;
    this.disks = parts.disks;
    this.agent = parts.backedUp.agent;
    this.monitoring = parts.backedUp.monitoring;
    this.#target = parts.target;
    this.#folder = parts.folder;
    this.#resources = resources;
    this.#watch = setInterval(() => this.lookAtMemory(), 500).unref();
  }

  restartAgent(name = this.agentName): void {
    this.agentName = name;
    this.agent = this.backedUp.startBackupAgent(name);
  }

  restartMonitoring(): void {
    this.monitoring = this.#resources.use(this.backedUp.product.startAgent('monitoring', this.#folder));
  }

  /** A whole number of milliseconds in [from, until). */
  someMs(from: number, until: number): number {
    return from + this.random.below(until - from);
  }

  /**
   * Lets the set come to rest, asks the source what it holds and waits until all of it can be brought back: what was acknowledged
   * before is not lost, or the chain would have a hole.
   */
  async settle(): Promise<KnownMoment> {
    await this.set.healthy();
    await this.steady.rest();
    const { client } = this.workload;
    const before = await operationTime(client);
    await runWorkload(this.workload, 30, 'documents');
    this.moments.push(...(await momentsSince(this.workload, before, 2)));
    const now = await momentNow(client);
    this.moments.push(now);
    this.lookAtMemory();
    await this.protectedUntil(now.at);
    await this.untilWell();
    this.lookAtMemory();
    if (!this.#isCopied) await this.#forgetBefore();
    return now;
  }

  /** Nothing can be brought back from before the end of the first scan. */
  async #forgetBefore(): Promise<void> {
    this.#isCopied = true;
    const first = this.moments.splice(0);
    const path = `/backups/${this.backedUp.replicaSetId}/timeline`;
    const { spans } = await this.backedUp.product.api<BackupTimeline>('GET', path);
    const fromMs = spans[0]?.fromMs ?? 0;
    this.moments.push(...first.filter(({ at }) => (at.getHighBitsUnsigned() - 1) * 1000 > fromMs));
    const last = first.at(-1);
    if (this.moments.length === 0 && last !== undefined) this.moments.push(last);
  }

  /** Waits until the server says that all is well: no scan is under way and no problem is left standing. */
  async untilWell(): Promise<void> {
    let last: BackupSet | undefined;
    await eventually(
      async () => {
        last = await this.backedUp.view();
        return last.state === 'protected' && last.problem === null && last.status.health === 'ok';
      },
      { timeoutMs: 240_000, everyMs: 200, what: 'a set that is protected, without a problem' },
    ).catch((thrown: unknown) => {
      throw new Error(`${String(thrown)} ${JSON.stringify({ ...last, schedule: undefined })}`, { cause: thrown });
    });
  }

  /** Has the source read anew and waits until that is under way. */
  async rescan(kind: 'full' | 'resync'): Promise<void> {
    await this.backedUp.leafward(['backup', 'resync', this.set.name, ...(kind === 'full' ? ['--full'] : [])]);
    await eventually(async () => (await this.backedUp.view()).scan !== null, { what: 'a scan' });
  }

  async protectedUntil(at: Timestamp): Promise<void> {
    try {
      await this.backedUp.protectedUntil(at, 240_000);
    } catch (thrown) {
      throw new Error(`${thrown instanceof Error ? thrown.message : ''}\n${this.lastWords()}`, { cause: thrown });
    }
  }

  async assertRestores(moment: KnownMoment): Promise<void> {
    await assertRestores(this.backedUp, this.#target, moment);
  }

  async assertTimeline(): Promise<void> {
    await assertTimeline(this.backedUp, this.moments.slice(-3));
  }

  lookAtMemory(): void {
    this.most.agent = Math.max(this.most.agent, memoryOf(this.agent));
    this.most.server = Math.max(this.most.server, memoryOf(this.backedUp.product.server));
  }

  /** @throws when the server has filled half of its disk */
  assertStoreIsSmall(): void {
    const stored = this.#storedMb();
    if (stored !== null && stored > mostStoredMb) throw new Error(`the server has ${stored.toFixed(0)} MB on its disk`);
  }

  #storedMb(): number | null {
    if (this.disks === undefined) return null;
    const { bsize, blocks, bfree } = statfsSync(this.disks.server.path);
    return ((blocks - bfree) * bsize) / 2 ** 20;
  }

  memoryText(): string {
    const stored = this.#storedMb();
    const disk = stored === null ? '' : `; ${stored.toFixed(0)} MB on its disk`;
    return `at most ${this.most.agent.toFixed(0)} MB agent, ${this.most.server.toFixed(0)} MB server${disk}`;
  }

  /** What each member says of the set, and the end of its log: for whoever looks into a fault of the source itself. */
  async memberWords(): Promise<string> {
    const words = this.set.members.map(async (member) => {
      const said = await this.#statusOf(member).catch(String);
      return `member ${member.host}: ${said}\n${member.logText().split('\n').slice(-logLines).join('\n')}`;
    });
    return (await Promise.all(words)).join('\n');
  }

  async #statusOf(member: Mongod): Promise<string> {
    await using client = await this.set.connectTo(member, { serverSelectionTimeoutMS: 1000 });
    const status = await client.db('admin').command({ replSetGetStatus: 1 }, { timeoutMS: 3000 });
    const members: { name: string; stateStr: string; optime: unknown }[] = status['members'];
    return JSON.stringify(members.map(({ name, stateStr, optime }) => ({ name, stateStr, optime })));
  }

  /** The ends of what the programs wrote. */
  lastWords(): string {
    const tail = (app: App): string => `${app.stdout()}${app.stderr()}`.split('\n').slice(-40).join('\n');
    return `agent:\n${tail(this.agent)}\nserver:\n${tail(this.backedUp.product.server)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    await this.#resources.disposeAsync();
  }
}

function memoryOf({ pid }: App): number {
  try {
    return rssAnonMb(pid) || 0;
  } catch {
    return 0;
  }
}
