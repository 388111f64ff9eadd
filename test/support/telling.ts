import { DeliveryQueue } from '../../src/alerts/delivery/delivery-queue.ts';
import { NotifierBook } from '../../src/alerts/delivery/notifier-book.ts';
import { type Notice, type NotifierKind, notifierSettings, type SendOutcome } from '../../src/alerts/delivery/ports.ts';
import { WindowBook } from '../../src/alerts/delivery/window-book.ts';
import { AlertEngine } from '../../src/alerts/engine.ts';
import { AlertMemory } from '../../src/alerts/group-memory.ts';
import type { AlertEvent, HostView } from '../../src/alerts/ports.ts';
import { RuleBook } from '../../src/alerts/rule-book.ts';
import { createAlertStore } from '../../src/storage/sqlite/alert-store.ts';
import type { SqlDatabase } from '../../src/storage/sqlite/database.ts';
import type { NewNotifier } from '../../src/wire/api/notifiers.ts';
import { hostView, noonMs, snapshot } from './alert-snapshots.ts';
import { memoryDatabase } from './server-fixture.ts';

export const tellingGroup = 'g_1';
const never = new AbortController().signal;

const down = {
  reachable: false,
  missedPolls: 9,
  sinceMs: noonMs - 120_000,
  problem: { code: 'MONGODB_UNREACHABLE', message: 'connection refused', hint: '' },
};

/** Hosts that are up or down, a clock, and what each notifier was sent: all that outlives a restart of the alerting. */
export interface TellingWorld {
  readonly database: SqlDatabase;
  nowMs: number;
  readonly down: Set<string>;
  readonly hosts: string[];
  /** By the notifier's name. */
  readonly sent: { readonly to: string; readonly notice: Notice }[];
  readonly events: AlertEvent[];
  /** What a receiver answers. */
  answer: (to: string) => SendOutcome;
}

export function tellingWorld(hosts: readonly string[]): TellingWorld {
  return {
    database: memoryDatabase(),
    nowMs: noonMs,
    down: new Set(),
    hosts: [...hosts],
    sent: [],
    events: [],
    answer: () => ({ result: 'delivered', detail: 'HTTP 200' }),
  };
}

/** The alerting of one server life: real engine, queue and SQL; the receivers are the world's. */
export function startTelling(world: TellingWorld) {
  const store = createAlertStore(world.database);
  const memory = new AlertMemory(store);
  const clock = { now: () => world.nowMs };
  const link = (id: string) => `https://leafward.example.net/g/${id}/alerts`;
  const onEvents = async (told: readonly AlertEvent[]) => void world.events.push(...told);
  const kinds: readonly NotifierKind[] = notifierSettings.options.map((option) => option.shape.kind.value);
  const channels = kinds.map((kind) => ({
    kind,
    async send({ notice, settings }: { readonly notice: Notice; readonly settings: { readonly name: string } }) {
      const outcome = world.answer(settings.name);
      if (outcome.result === 'delivered') world.sent.push({ to: settings.name, notice });
      return outcome;
    },
  }));
  const box = {
    encrypt: (text: string) => Buffer.from(text),
    decrypt: (bytes: Uint8Array) => Buffer.from(bytes).toString(),
  };
  const onReleased = (): void => queue.wake();
  const notifiers = new NotifierBook({ memory, channels, box, clock, link, groupName: async () => 'Shop', onReleased });
  const queue: DeliveryQueue = new DeliveryQueue({ store, notifiers, clock, link, onEvents });
  const view = (name: string): HostView => ({ ...hostView(name, world.down.has(name) ? down : {}), tags: [name] });
  const engine = new AlertEngine({
    memory,
    source: {
      groupIds: async () => [tellingGroup],
      snapshot: async () => snapshot({ nowMs: world.nowMs, hosts: world.hosts.map(view) }),
    },
    clock,
    link,
    onEvents,
    onChanged: () => {},
    onDeliveries: () => queue.wake(),
  });
  return {
    store,
    memory,
    engine,
    queue,
    notifiers,
    rules: new RuleBook(memory),
    windows: new WindowBook(memory, clock),
    add: (given: Partial<NewNotifier> & Pick<NewNotifier, 'kind' | 'name'>) =>
      notifiers.add(tellingGroup, { ...some(given.kind), ...given } as NewNotifier),
    /** The clock goes on, in looks of so many ms, each followed by what the queue sends. */
    async pass(ms: number, everyMs = 5_000) {
      for (let passed = 0; passed < ms; passed += everyMs) {
        world.nowMs += everyMs;
        await engine.lookAtAll();
        await queue.run(never);
      }
    },
  };
}

/** "to: kind title" of what was sent since the last time. */
export function taken(world: TellingWorld): string[] {
  return world.sent.splice(0).map(({ to, notice }) => {
    const title = notice.alert?.title ?? `${notice.items?.length ?? 0} named, ${notice.more ?? 0} more`;
    return `${to}: ${notice.kind.replace(/^alerts?\./, '')} ${title.split(' ')[0]}${notice.alert === null ? ` of ${JSON.stringify(notice.counts ?? {})}` : ''}`;
  });
}

const common = { enabled: true, quietHours: null } as const;
function some(kind: NotifierKind): object {
  switch (kind) {
    case 'mail':
      return { ...common, digestMinutes: null, to: ['ops@example.net'] };
    case 'webhook':
    case 'slack':
    case 'teams':
      return { ...common, digestMinutes: null, url: 'https://hooks.example.net/x' };
    case 'pagerduty':
      return { ...common, url: 'https://events.example.net/', routingKey: 'R1' };
    case 'opsgenie':
      return { ...common, url: 'https://events.example.net/', apiKey: 'K1' };
    case 'alertmanager':
      return { ...common, url: 'https://am.example.net/', username: null, password: null };
    case 'snmp':
      return { ...common, host: 'traps.example.net', port: 162, community: 'public' };
    default:
      return common;
  }
}
