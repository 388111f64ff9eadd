import type { HostEvent, HostReport, SetReport } from '../wire/agent-messages.ts';

const maxEvents = 2000;
const states = new Set(['recovering', 'rollback', 'startup', 'removed', 'standalone', 'hidden', 'delayed']);

/** Notices what happened between two looks at a host or a set, and keeps it until the server has it. */
export class EventNotes {
  #events: HostEvent[] = [];
  readonly #sets = new Map<string, { term: number; primary: string | undefined; members: ReadonlySet<string> }>();

  compare(host: string, before: HostReport, now: HostReport): void {
    // The first look has nothing to compare with.
    if (before.sinceMs === undefined) return;
    const { hostId, atMs } = now;
    if (before.reachable !== now.reachable) {
      // Most problems are a whole sentence: "cannot reach HOST: …", "HOST answers with an error: …".
      const why = now.problem?.message ?? `${host} does not answer`;
      this.add({
        hostId,
        atMs,
        kind: now.reachable ? 'reachable' : 'unreachable',
        message: now.reachable
          ? `${host} answers again`
          : (why.includes(host) ? why : `${host}: ${why}`).slice(0, 2000),
      });
    }
    if (!now.reachable) return;
    this.#compareRun(host, before, now);
    this.#compareState(host, before, now);
  }

  #compareRun(host: string, before: HostReport, now: HostReport): void {
    const { hostId, atMs } = now;
    const isOther = before.processId !== undefined && now.processId !== undefined && before.processId !== now.processId;
    const startedLater = (now.startedAtMs ?? 0) - (before.startedAtMs ?? Number.POSITIVE_INFINITY) > 5000;
    if (isOther || startedLater) {
      this.add({ hostId, atMs: now.startedAtMs ?? atMs, kind: 'restart', message: `${host} was restarted` });
    }
    if (before.version !== undefined && now.version !== undefined && before.version !== now.version) {
      const message = `${host} runs MongoDB ${now.version} now, ${before.version} before`;
      this.add({ hostId, atMs, kind: 'versionChange', message, details: { from: before.version, to: now.version } });
    }
  }

  #compareState(host: string, before: HostReport, now: HostReport): void {
    const { hostId, atMs, role: is } = now;
    const { role: was } = before;
    if (was === undefined || is === undefined || was === is || !(states.has(was) || states.has(is))) return;
    const message = `${host} is ${is} now, ${was} before`;
    this.add({ hostId, atMs, kind: 'stateChange', message, details: { from: was, to: is } });
  }

  compareSet(set: SetReport, atMs: number): void {
    const { replicaSetId, name } = set;
    const primary = set.members.find(({ state }) => state === 1)?.host;
    const members = new Set(set.members.map(({ host }) => host));
    const before = this.#sets.get(replicaSetId);
    if (before !== undefined && set.term < before.term) return;
    const elected = primary !== undefined && before?.primary !== undefined && primary !== before.primary;
    this.#sets.set(replicaSetId, { term: set.term, primary: primary ?? before?.primary, members });
    if (before === undefined) return;
    const again = primary !== undefined && set.term > before.term;
    if (elected || again) {
      const message = `${name}: ${primary} was elected primary (term ${set.term})`;
      this.add({ replicaSetId, atMs, kind: 'election', message, details: { primary, term: set.term } });
    }
    for (const host of members) {
      if (!before.members.has(host))
        this.add({ replicaSetId, atMs, kind: 'memberAdded', message: `${host} joined ${name}` });
    }
    for (const host of before.members) {
      if (!members.has(host)) this.add({ replicaSetId, atMs, kind: 'memberRemoved', message: `${host} left ${name}` });
    }
  }

  add(event: HostEvent): void {
    this.#events.push(event);
    if (this.#events.length > maxEvents) this.#events.shift();
  }

  /** All that wait; they stay until `sent`. */
  waiting(): readonly HostEvent[] {
    return this.#events.slice(0, 1000);
  }

  sent(events: readonly HostEvent[]): void {
    const gone = new Set(events);
    this.#events = this.#events.filter((event) => !gone.has(event));
  }
}
