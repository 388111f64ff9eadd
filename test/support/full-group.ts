import type { SetReport } from '../../src/wire/agent-messages.ts';
import { AgentClient } from './agent-client.ts';
import type { Product } from './product.ts';

export interface FullGroup extends AsyncDisposable {
  /** Value of each id in a path, by the path with its names: `/groups/{groupId}/hosts/{hostId}` → { hostId: 'h_…' }. */
  idsFor(path: string): Readonly<Record<string, string>>;
}

const setId = '0123456789abcdef01234567';

/** What people make in a group, each with a body that is valid. */
const made: readonly (readonly [path: string, body: object])[] = [
  ['/keys', { name: 'key', scope: 'both' }],
  ['/tokens', { name: 'token', roles: ['readOnly'] }],
  ['/alert-rules', { name: 'rule', condition: { kind: 'noPrimary' }, forMs: 0, severity: 'bad', enabled: false }],
  ['/notifiers', { name: 'hook', kind: 'webhook', url: 'http://127.0.0.1:9/', enabled: false }],
  ['/downloads', {}],
];

/** Fills a group with one of everything that a path can name: an agent reports a set of three, people make the rest. */
export async function fillGroup(product: Product): Promise<FullGroup> {
  const agent = new AgentClient({ serverUrl: product.url, groupId: product.groupId, apiKey: product.agentKey });
  await agent.hello();
  await agent.untilActive();
  await agent.report({ sets: [setReport()] });
  for (const [path, body] of made) await product.api('POST', path, body);
  const known = new Map<string, string>();
  for (const path of ['/hosts', '/agents', '/backups', ...made.map(([each]) => each), '/alerts']) {
    const id = await firstId(product, path);
    if (id !== undefined) known.set(path, id);
  }
  return {
    idsFor: (path) => idsOf(path, product.groupId, known),
    [Symbol.asyncDispose]: () => agent.close(),
  };
}

async function firstId(product: Product, path: string): Promise<string | undefined> {
  const answer = await product.api<unknown>('GET', path);
  const list = Array.isArray(answer) ? answer : Object.values(answer ?? {}).find(Array.isArray);
  const [first] = (list ?? []) as readonly { readonly id?: string; readonly replicaSetId?: string }[];
  return first?.id ?? first?.replicaSetId;
}

/** `/groups/{groupId}/hosts/{hostId}/info`: hostId is the id of the first of `/hosts`. What is not known stays out. */
function idsOf(path: string, groupId: string, known: ReadonlyMap<string, string>): Record<string, string> {
  const ids: Record<string, string> = path.includes('{groupId}') ? { groupId } : {};
  for (const [, collection = '', name = ''] of path.matchAll(/(\/[\w-]+)\/\{(\w+)\}/g)) {
    const id = known.get(collection);
    if (name !== 'groupId' && id !== undefined) ids[name] = id;
  }
  return ids;
}

function setReport(): SetReport {
  const now = Date.now();
  const hosts = ['db1.example.net:27017', 'db2.example.net:27017', 'db3.example.net:27017'];
  return {
    replicaSetId: setId,
    name: 'rs0',
    term: 3,
    configVersion: 1,
    reportedBy: hosts[0] ?? '',
    oplogFirstMs: now - 86_400_000,
    oplogLastMs: now,
    oplogBytes: 1e9,
    members: hosts.map((host, index) => ({
      host,
      memberId: index,
      state: index === 0 ? 1 : 2,
      stateName: index === 0 ? 'PRIMARY' : 'SECONDARY',
      health: 1,
      arbiterOnly: false,
      hidden: false,
      priority: 1,
      votes: 1,
      delaySeconds: 0,
      appliedMs: now,
      lagMs: 0,
    })),
  };
}
