import type { AlertCondition, AlertSubject } from '../../alerts/ports.ts';
import type { Span } from '../../alerts/replay.ts';
import type { EventRecord, Stores } from '../ports.ts';
import { changeOf } from './people-changes.ts';

const pageLimit = 1000;
const pages = 5;
const minuteMs = 60_000;
const toldMs = 15 * minuteMs;

interface Asked {
  readonly groupId: string;
  readonly rule: { readonly condition: AlertCondition };
  readonly fromMs: number;
  readonly toMs: number;
}

interface EventHistory {
  readonly about: 'host' | 'set' | 'event';
  /** When the condition held, by subject id. */
  readonly spans: ReadonlyMap<string, readonly Span[]>;
  /** Of `event`: each is a subject of its own. */
  readonly subjects: readonly AlertSubject[];
  readonly note: string | null;
}

/** The past of conditions that the event log or the audit log tells of. Undefined: nothing is stored. */
export async function eventHistory(
  stores: Pick<Stores, 'events' | 'audit'>,
  asked: Asked,
): Promise<EventHistory | undefined> {
  const { condition } = asked.rule;
  switch (condition.kind) {
    case 'hostDown':
    case 'hostUnreachable': {
      const note =
        'The log tells when a host did not answer the agent, not whether others of its set saw it: some of these may have been the other one of "down" and "cannot be reached".';
      const events = await readEvents(stores, asked, ['unreachable', 'reachable']);
      return ofHosts(
        between(events, ({ kind }) => kind === 'unreachable', asked.toMs, minuteMs),
        note,
      );
    }
    case 'hostRecovering':
      return ofHosts(await stateSpans(stores, asked, ['recovering', 'startup']), null);
    case 'hostRollback':
      return ofHosts(await stateSpans(stores, asked, ['rollback']), null);
    case 'hostRestarted': {
      const events = await readEvents(stores, asked, ['restart']);
      const spans = events.map((event) => ({ ...event, toMs: event.atMs + condition.minutes * minuteMs }));
      return ofHosts(grouped(spans), null);
    }
    case 'electionsAbove': {
      const events = await readEvents(stores, asked, ['election']);
      return { about: 'set', spans: electionSpans(events, condition), subjects: [], note: null };
    }
    case 'peopleChanged':
      return peopleHistory(stores, asked, condition.changes);
    default:
      return undefined;
  }
}

function ofHosts(spans: ReadonlyMap<string, readonly Span[]>, note: string | null): EventHistory {
  return { about: 'host', spans, subjects: [], note };
}

/** Oldest first. */
async function readEvents(
  { events }: Pick<Stores, 'events'>,
  { groupId, fromMs, toMs }: Asked,
  kinds: readonly string[],
): Promise<readonly EventRecord[]> {
  const found: EventRecord[] = [];
  for (const kind of kinds) {
    let before: string | null = null;
    for (let page = 0; page < pages; page++) {
      const query = { kind, fromMs, toMs, limit: pageLimit, ...(before === null ? {} : { before }) };
      const answer = await events.events(groupId, query);
      found.push(...answer.events);
      before = answer.nextBefore;
      if (before === null) break;
    }
  }
  return found.sort((a, b) => a.atMs - b.atMs);
}

async function stateSpans(stores: Pick<Stores, 'events'>, asked: Asked, roles: readonly string[]) {
  const events = await readEvents(stores, asked, ['stateChange', 'unreachable']);
  return between(events, ({ message }) => roles.includes(/ is (\w+) now, /.exec(message)?.[1] ?? ''), asked.toMs, 0);
}

/** From an event that begins it to the next one of the same subject that does not; `lateMs`: a live rule knows it so much later. */
function between(
  events: readonly EventRecord[],
  begins: (event: EventRecord) => boolean,
  endMs: number,
  lateMs: number,
): ReadonlyMap<string, readonly Span[]> {
  const spans = new Map<string, Span[]>();
  const begun = new Map<string, number>();
  const end = (id: string, toMs: number): void => {
    const fromMs = begun.get(id);
    begun.delete(id);
    if (fromMs !== undefined && fromMs + lateMs < toMs) {
      spans.set(id, [...(spans.get(id) ?? []), { fromMs: fromMs + lateMs, toMs }]);
    }
  };
  for (const event of events) {
    const { id } = event.subject;
    if (!begins(event)) end(id, event.atMs);
    else if (!begun.has(id)) begun.set(id, event.atMs);
  }
  for (const id of [...begun.keys()]) end(id, endMs + 1);
  return spans;
}

function grouped(events: readonly (EventRecord & { readonly toMs: number })[]): ReadonlyMap<string, readonly Span[]> {
  const spans = new Map<string, Span[]>();
  for (const { subject, atMs, toMs } of events) {
    spans.set(subject.id, [...(spans.get(subject.id) ?? []), { fromMs: atMs, toMs }]);
  }
  return spans;
}

/** While more than `count` of a set's elections are within the last `minutes`. */
function electionSpans(
  events: readonly EventRecord[],
  { count, minutes }: { readonly count: number; readonly minutes: number },
): ReadonlyMap<string, readonly Span[]> {
  const bySet = new Map<string, number[]>();
  for (const { subject, atMs } of events) bySet.set(subject.id, [...(bySet.get(subject.id) ?? []), atMs]);
  return new Map(
    [...bySet].map(([id, times]) => [
      id,
      times.slice(count).flatMap((fromMs, at) => {
        const toMs = (times[at] ?? fromMs) + minutes * minuteMs;
        return toMs > fromMs ? [{ fromMs, toMs }] : [];
      }),
    ]),
  );
}

async function peopleHistory(
  { audit }: Pick<Stores, 'audit'>,
  { groupId, fromMs, toMs }: Asked,
  changes: readonly string[],
): Promise<EventHistory> {
  const scope = { groupId, filter: { from: fromMs, to: toMs } };
  const spans = new Map<string, readonly Span[]>();
  const subjects: AlertSubject[] = [];
  let before: number | null = null;
  for (let page = 0; page < 20; page++) {
    const answer: Awaited<ReturnType<typeof audit.page>> = await audit.page(scope, { before, limit: 500 });
    for (const { id, kind, atMs, words } of answer.events.flatMap(changeOf)) {
      if (!changes.includes(kind)) continue;
      subjects.push({ kind: 'group', id, label: words });
      spans.set(id, [{ fromMs: atMs, toMs: atMs + toldMs }]);
    }
    before = answer.nextBefore;
    if (before === null) return { about: 'event', spans, subjects, note: null };
  }
  return {
    about: 'event',
    spans,
    subjects,
    note: 'The audit log of that time is long: only its newest part was read.',
  };
}
