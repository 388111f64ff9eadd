import { createHash } from 'node:crypto';
import { type BsonDocument, toExtendedJson } from '../deployment/bson-values.ts';
import { toAppError } from '../runtime/errors.ts';
import { sleep } from '../runtime/periodic.ts';
import type { HostDocument } from '../wire/agent-messages.ts';
import type { HostSession } from './host-session.ts';
import type { Poller } from './poller.ts';

const everyMs = 600_000;
const deadlineMs = 15_000;
const commands: readonly (readonly [HostDocument['kind'], BsonDocument])[] = [
  ['buildInfo', { buildInfo: 1 }],
  ['cmdLineOpts', { getCmdLineOpts: 1 }],
  ['hostInfo', { hostInfo: 1 }],
  ['startupWarnings', { getLog: 'startupWarnings' }],
];
const secretName = /pass|secret|key(?!file)|credential|token/i;
const hidden = '(hidden)';

/** Reads what rarely changes after every new connection and every ten minutes; hands over what changed. */
export async function watchDocuments(
  poller: Poller,
  changed: (document: HostDocument) => void,
  signal: AbortSignal,
): Promise<void> {
  const known = new Map<string, string>();
  let seen: HostSession | undefined;
  let dueAt = 0;
  while (await sleep(1000, signal)) {
    const { session } = poller;
    if (session === undefined || session.hello.type === 'arbiter') continue;
    if (session === seen && performance.now() < dueAt) continue;
    seen = session;
    dueAt = performance.now() + everyMs;
    for (const [kind, command] of commands) {
      const document = await readDocument(session, command, signal);
      if (document === undefined) continue;
      const { system: _, ...steady } = document;
      const digest = createHash('sha256')
        .update(JSON.stringify(kind === 'hostInfo' ? steady : document))
        .digest('hex');
      if (known.get(kind) === digest) continue;
      known.set(kind, digest);
      changed({ hostId: poller.hostId, kind, atMs: Date.now(), document });
    }
  }
}

async function readDocument(
  session: HostSession,
  command: BsonDocument,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  try {
    const {
      $clusterTime: _c,
      operationTime: _o,
      ok: _k,
      $gleStats: _g,
      ...rest
    } = await session.client.command('admin', command, {
      deadlineMs,
      signal,
    });
    const document = toExtendedJson(rest);
    return typeof document === 'object' && document !== null
      ? Object.fromEntries(Object.entries(removeSecrets(document)))
      : undefined;
  } catch (thrown) {
    // What is not allowed is not shown; the doctor says what it costs.
    toAppError(thrown);
    return undefined;
  }
}

/** Values whose name tells of a secret, and arguments after such a flag, are masked. */
export function removeSecrets(value: object): object {
  if (Array.isArray(value)) return value.map((item: unknown, index) => maskItem(item, value[index - 1]));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (secretName.test(name) && typeof inner === 'string') return [name, hidden];
      return [name, typeof inner === 'object' && inner !== null ? removeSecrets(inner) : inner];
    }),
  );
}

function maskItem(item: unknown, before: unknown): unknown {
  if (typeof item === 'object' && item !== null) return removeSecrets(item);
  if (typeof item !== 'string') return item;
  if (typeof before === 'string' && before.startsWith('--') && !before.includes('=') && secretName.test(before))
    return hidden;
  const [flag = '', ...rest] = item.split('=');
  return rest.length > 0 && flag.startsWith('--') && secretName.test(flag) ? `${flag}=${hidden}` : item;
}
