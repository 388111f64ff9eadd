import { writeFileSync } from 'node:fs';
import { type App, runApp, startApp } from './app.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { groupApi } from './group-api.ts';
import type { TempDir } from './temp-dir.ts';

export interface Product extends AsyncDisposable {
  readonly server: App;
  readonly url: string;
  readonly dataDir: string;
  readonly groupId: string;
  readonly agentKey: string;
  readonly apiToken: string;
  /** JSON of an answer of this group's API; throws with the body when it is no success. */
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Kills the server and starts it again on the same address and data, when `meanwhile` has ended. */
  crashServer(meanwhile?: () => Promise<void>): Promise<void>;
  /** A monitoring agent with a state directory of its own. */
  startAgent(name: string, folder: TempDir): App;
}

export interface HostView {
  readonly id: string;
  readonly host: string;
}
interface SeriesAnswer {
  readonly series: readonly {
    readonly metric: string;
    readonly points: readonly (readonly [number, ...unknown[]])[];
  }[];
}

/** A server as a user sets it up: `leafward admin init`, then `leafward server`. */
export async function startProduct(folder: TempDir, more: readonly string[] = []): Promise<Product> {
  const dataDir = folder.file('server');
  writeFileSync(folder.file('password'), 'correct horse battery');
  const init = ['admin', 'init', '--data-dir', dataDir, '--email', 'me@example.net', '--group', 'Test & co', '--json'];
  const made = await runApp([...init, '--password-file', folder.file('password')]);
  if (made.status !== 0) throw new Error(`admin init: ${made.stderr}`);
  const { groupId, agentKey, apiToken } = JSON.parse(made.stdout) as Record<
    'groupId' | 'agentKey' | 'apiToken',
    string
  >;
  const start = (listen: string): App => startApp(['server', '--data-dir', dataDir, '--listen', listen, ...more]);
  // A port of its own: after a kill it is still there for the next start.
  let server = start(`127.0.0.1:${await freePort()}`);
  const url = await readyUrl(server);
  const group = groupApi({ url, groupId, apiToken });
  return {
    get server() {
      return server;
    },
    url,
    dataDir,
    groupId,
    agentKey,
    apiToken,
    api: group.api,
    async crashServer(meanwhile) {
      await server.crash();
      await meanwhile?.();
      server = start(new URL(url).host);
      await server.line(/ready url=(\S+)/);
    },
    startAgent(name, agentFolder) {
      const file = agentFolder.file(`${name}.config`);
      const lines = [`serverUrl = ${url}`, `groupId = ${groupId}`, `apiKey = ${agentKey}`, `stateDir = ${name}-state`];
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
      return startApp(['monitoring-agent', '--settings', file]);
    },
    async [Symbol.asyncDispose]() {
      await group[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** @throws when it does not begin; it is ended then */
async function readyUrl(server: App): Promise<string> {
  try {
    return (await server.line(/ready url=(\S+)/))[1] ?? '';
  } catch (thrown) {
    await server[Symbol.asyncDispose]();
    throw thrown;
  }
}

/** Times of the stored points of a host's metric in the last minutes, ms since 1970. */
export async function pointTimes(product: Product, hostId: string, metric: string): Promise<number[]> {
  const to = Date.now();
  const query = new URLSearchParams({ metric, from: String(to - 600_000), to: String(to), points: '2000' });
  const { series } = await product.api<SeriesAnswer>('GET', `/hosts/${hostId}/series?${query}`);
  return (series[0]?.points ?? []).filter(([, ...values]) => values[0] !== null).map(([atMs]) => atMs);
}

/** Waits until every one of `hosts` is in the list and has at least `least` points of `metric`. */
export async function untilSampled(
  product: Product,
  hosts: readonly string[],
  { metric = rawMetric, least = 2, timeoutMs = 90_000 }: { metric?: string; least?: number; timeoutMs?: number } = {},
): Promise<readonly HostView[]> {
  return eventually(
    async () => {
      const known = await product.api<HostView[]>('GET', '/hosts');
      const found = hosts.map((name) => known.find(({ host }) => host === name));
      const views = found.filter((view) => view !== undefined);
      if (views.length < hosts.length) return false;
      for (const { id } of views) if ((await pointTimes(product, id, metric)).length < least) return false;
      return views;
    },
    { timeoutMs, everyMs: 500, what: `samples of ${hosts.join(', ')}` },
  );
}

/** A number that every mongod reports in every sample. */
export const rawMetric = 'serverStatus.uptimeMillis';
