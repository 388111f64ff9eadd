import { writeFileSync } from 'node:fs';
import { type RunningServer, startServer } from '../../src/cli/start-server.ts';
import { MonitoringAgent } from '../../src/monitor/agent.ts';
import type { MonitoringAgentSettings } from '../../src/monitor/agent-settings.ts';
import { createLog, silentLog } from '../../src/runtime/log.ts';
import { freePort } from './free-port.ts';
import { groupApi } from './group-api.ts';
import { tempDir } from './temp-dir.ts';

export interface Watching extends AsyncDisposable {
  readonly groupId: string;
  readonly agentKey: string;
  readonly serverUrl: string;
  /** What the agents logged, oldest first. */
  readonly lines: readonly string[];
  /** JSON of an answer of this group's API; throws with the body when it is no success. */
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** An agent with a state directory of its own, in this process. */
  startAgent(changes?: Partial<MonitoringAgentSettings>): Promise<MonitoringAgent>;
  agentSettings(changes?: Partial<MonitoringAgentSettings>): MonitoringAgentSettings;
  /** The server goes away; its address and its data stay. */
  stopServer(): Promise<void>;
  startServerAgain(): Promise<void>;
}

/** Server and agents in this process, polling every second: quicker to start than processes, otherwise the same. */
export async function startWatching(options: { readonly tls?: 'off' | 'auto' } = {}): Promise<Watching> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(tempDir('watching'));
  const { tls = 'off' } = options;
  const start = (listen: string): Promise<RunningServer> =>
    startServer({ dataDir: folder.file('server'), listen, log: silentLog, tls, approveAgents: true });
  let server = await start(`127.0.0.1:${await freePort()}`);
  resources.defer(() => server.close());
  const { url } = server;
  const made = await server.admin({
    action: 'init',
    email: 'me@example.net',
    password: 'correct horse',
    groupName: 'G',
  });
  const { groupId = '', agentKey = '', apiToken = '' } = made;
  const lines: string[] = [];
  const log = createLog({ level: 'debug', format: 'text', write: (line) => void lines.push(line) });
  let states = 0;
  const agentSettings: Watching['agentSettings'] = (changes = {}) => ({
    serverUrl: url,
    groupId,
    apiKey: agentKey,
    env: {},
    stateDir: folder.file(`state-${states++}`),
    maxOutboxBytes: 2 ** 26,
    mongodbTls: false,
    importDiagnosticData: false,
    ...(trust === undefined ? {} : { serverCaFile: folder.file('ca.pem') }),
    ...changes,
  });
  const trust = server.ca;
  const group = resources.use(groupApi({ url, groupId, apiToken, ca: trust }));
  if (trust !== undefined) writeFileSync(folder.file('ca.pem'), trust);
  await group.api('PATCH', '', { intervalMs: 1000 });
  const agents = resources.use(new AsyncDisposableStack());
  const owned = resources.move();
  return {
    groupId,
    agentKey,
    serverUrl: url,
    lines,
    api: group.api,
    agentSettings,
    async startAgent(changes = {}) {
      const agent = await MonitoringAgent.start(agentSettings(changes), log);
      agents.defer(() => agent.close());
      return agent;
    },
    stopServer: () => server.close(),
    async startServerAgain() {
      server = await start(new URL(url).host);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
