import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Timestamp } from 'mongodb';
import type { BackupSet } from '../../src/wire/api/backups.ts';
import { type App, runApp, startApp } from './app.ts';
import { eventually } from './eventually.ts';
import type { Mongod } from './mongod.ts';
import { type Product, startProduct } from './product.ts';
import type { ReplicaSet } from './replica-set.ts';
import type { TempDir } from './temp-dir.ts';

export interface BackedUpSet extends AsyncDisposable {
  readonly product: Product;
  /** 24 hex digits. */
  readonly replicaSetId: string;
  readonly set: ReplicaSet;
  /** Runs a command of `leafward` with the environment that automation would have; throws with its output when it fails. */
  leafward<T>(args: readonly string[], timeoutMs?: number): Promise<T>;
  view(): Promise<BackupSet>;
  /** Waits until everything up to this operation time can be restored. The deadline is for a backup that stands still. */
  protectedUntil(at: Timestamp, timeoutMs?: number): Promise<void>;
  startBackupAgent(name: string): App;
  /** The agent that backs up, as a process. */
  readonly agent: App;
  /** The agent that discovers the set. */
  readonly monitoring: App;
  /** Restores the set as it was at this optime into an empty mongod. */
  restoreTo(target: Mongod, at: Timestamp, more?: readonly string[]): Promise<RestoreSummary>;
}

export interface RestoreSummary {
  readonly documents: number;
  readonly bytes: number;
  readonly tookMs: number;
  readonly refusals: readonly { readonly message: string }[];
}

interface BackedUpSetOptions {
  /** Where the agents keep their settings and state; default: the folder of the server. */
  readonly agentFolder?: TempDir;
  /** Makes the address under which backup agents reach the server from the server's own, a proxy's, say. */
  readonly agentUrl?: (serverUrl: string) => Promise<string>;
  /** More arguments of `leafward backup start`. */
  readonly startArgs?: readonly string[];
  /** More lines of the settings of backup agents. */
  readonly agentSettings?: readonly string[];
  /** Lets the server end what it does once at its first start, the archives of the agents, before the backup begins: for measuring. */
  readonly settled?: boolean;
}

/** However much goes on, it ends after so many deadlines. */
const mostDeadlines = 4;

async function archivesPrepared(dataDir: string): Promise<void> {
  const cache = join(dataDir, 'cache');
  const made = (): boolean =>
    existsSync(cache) && readdirSync(cache).some((name) => /^executable-.*\.json$/.test(name));
  await eventually(async () => made(), { timeoutMs: 600_000, what: 'the archives of the agents' });
}

/** A server, both agents and a replica set that backup is switched on for, each a process of its own. */
export async function startBackedUpSet(
  folder: TempDir,
  set: ReplicaSet,
  options: BackedUpSetOptions = {},
): Promise<BackedUpSet> {
  const {
    agentFolder = folder,
    agentUrl = async (url) => url,
    startArgs = [],
    agentSettings = [],
    settled = false,
  } = options;
  await using resources = new AsyncDisposableStack();
  const product = resources.use(await startProduct(folder));
  await product.api('PATCH', '', { intervalMs: 1000 });
  const monitoring = resources.use(product.startAgent('monitoring', agentFolder));
  const serverUrl = await agentUrl(product.url);
  await product.api('POST', '/hosts', { host: set.hosts[0] });
  const found = await eventually(
    async () => {
      const sets = await product.api<BackupSet[]>('GET', '/backups');
      return sets.find(({ name, hosts }) => name === set.name && hosts.length === set.hosts.length);
    },
    { timeoutMs: 240_000, what: 'the replica set in the list of backups' },
  );
  const { replicaSetId } = found;
  const env = {
    LEAFWARD_SERVER_URL: product.url,
    LEAFWARD_API_TOKEN: product.apiToken,
    LEAFWARD_GROUP_ID: product.groupId,
  };
  const leafward: BackedUpSet['leafward'] = async (args, timeoutMs = 300_000) => {
    const { status, stdout, stderr } = await runApp([...args, '--json'], { env }, timeoutMs);
    if (status !== 0) throw new Error(`leafward ${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
    return JSON.parse(stdout);
  };
  const agents = resources.use(new AsyncDisposableStack());
  const startBackupAgent = (name: string): App => {
    const file = agentFolder.file(`${name}.config`);
    const { groupId, agentKey } = product;
    const lines = [
      `serverUrl = ${serverUrl}`,
      `groupId = ${groupId}`,
      `apiKey = ${agentKey}`,
      `stateDir = ${name}-state`,
      ...agentSettings,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    return agents.use(startApp(['backup-agent', '--settings', file]));
  };
  const view = (): Promise<BackupSet> => product.api('GET', `/backups/${replicaSetId}`);
  if (settled) await archivesPrepared(product.dataDir);
  const agent = startBackupAgent('backup');
  await leafward(['backup', 'start', set.name, ...startArgs]);
  const owned = resources.move();
  return {
    product,
    replicaSetId,
    set,
    leafward,
    view,
    agent,
    monitoring,
    startBackupAgent,
    async protectedUntil(at, timeoutMs = 120_000) {
      const wanted = at.toBigInt();
      let seen: BackupSet | undefined;
      let said = '';
      const progress = (): string => {
        const { state, protectedUntil, problem, member, scan } = seen ?? {};
        return JSON.stringify({ state, protectedUntil, problem, member, scan });
      };
      const began = performance.now();
      for (;;) {
        const reached = async (): Promise<boolean> => {
          seen = await view();
          return seen.protectedUntil !== null && timestampOf(seen.protectedUntil.ts) >= wanted;
        };
        try {
          return void (await eventually(reached, { timeoutMs, everyMs: 100, what: 'the protection' }));
        } catch (cause) {
          const before = said;
          said = progress();
          // What goes on is only slow: a loaded machine is no fault.
          if (said === before || performance.now() - began > mostDeadlines * timeoutMs)
            throw new Error(`not protected in time: ${said}`, { cause });
        }
      }
    },
    restoreTo: (target, at, more = []) =>
      leafward([
        'restore',
        '--replica-set',
        set.name,
        '--optime',
        `${at.getHighBitsUnsigned()}:${at.getLowBitsUnsigned()}`,
        '--to',
        target.uri,
        '--yes',
        ...more,
      ]),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function timestampOf(text: string): bigint {
  const [seconds = '0', ordinal = '0'] = text.split(':');
  return (BigInt(seconds) << 32n) | BigInt(ordinal);
}
