import type { Clock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import { placesIn } from './delivery/maintenance.ts';
import { remember, telling } from './delivery/telling.ts';
import { type Change, evaluate, needsOfRules, stateKey } from './evaluate.ts';
import type { AlertMemory, GroupMemory } from './group-memory.ts';
import { newAlertingId } from './new-id.ts';
import type { Alert, AlertChanges, AlertEvent, GroupSnapshot, SnapshotSource, StoredState } from './ports.ts';

/** The words of an open alert follow its value at most this often. */
const refreshMs = 60_000;
/** A pending condition is written again when it was watched for this much longer. */
const pendingSaveMs = 20_000;

export interface EngineParts {
  readonly memory: AlertMemory;
  readonly source: SnapshotSource;
  readonly clock: Clock;
  /** Address of the group's alerts page. */
  readonly link: (groupId: string) => string;
  /** Called after the store has what happened. */
  readonly onEvents: (events: readonly AlertEvent[]) => Promise<void>;
  readonly onChanged: (groupId: string) => void;
  /** New deliveries wait. */
  readonly onDeliveries: () => void;
}

export interface Acknowledgement {
  /** Not given: until it closes. */
  readonly untilMs?: number | undefined;
  readonly note?: string | undefined;
}

interface Draft {
  readonly states: StoredState[];
  readonly endedStates: { ruleId: string; subjectId: string }[];
  readonly alerts: Alert[];
  readonly events: AlertEvent[];
  /** States that only memory keeps: nothing that a restart must know. */
  readonly passing: StoredState[];
}

/** Looks at groups, opens and closes alerts, and remembers. What people edit is in rule-book.ts and notifier-book.ts. */
export class AlertEngine {
  readonly #parts: EngineParts;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  /** One look at every group; the failure of one keeps no other from being looked at. */
  async lookAtAll(): Promise<void> {
    const groupIds = await this.#parts.source.groupIds();
    const results = await Promise.allSettled(groupIds.map((groupId) => this.look(groupId)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** One look at a group. */
  async look(groupId: string): Promise<void> {
    const { memory, source } = this.#parts;
    const events = await memory.serially(groupId, async (group) => {
      const snapshot = await source.snapshot(groupId, needsOfRules(group.rules));
      const changes = evaluate(group.rules, snapshot, group.states, () => newAlertingId('al'));
      const draft = newDraft();
      for (const change of changes) this.#draft(draft, change, group, groupId, snapshot.nowMs);
      await this.#commit(groupId, group, draft, snapshot);
      return draft.events;
    });
    await this.#tell(groupId, events);
  }

  /**
   * Silences an open alert, until a time or until it closes. One that is acknowledged takes the new time and note, told to nobody.
   * @throws NOT_FOUND, CONFLICT when it is over
   */
  acknowledge(groupId: string, alertId: string, by: string, given: Acknowledgement = {}): Promise<Alert> {
    return this.#mark(groupId, alertId, (before, draft, nowMs) => {
      const { untilMs = null, note = null } = given;
      if (untilMs !== null && untilMs <= nowMs) {
        throw new AppError('INPUT_INVALID', 'that time is over', { details: { field: 'untilMs' } });
      }
      const mark = { acknowledgedUntilMs: untilMs, note: note === '' ? null : note };
      if (before.state === 'acknowledged') {
        const same = before.acknowledgedUntilMs === mark.acknowledgedUntilMs && before.note === mark.note;
        // Without a time and a note it asks for nothing new.
        const changed = same || Object.keys(given).length === 0 ? before : { ...before, ...mark };
        if (changed !== before) draft.alerts.push(changed);
        return changed;
      }
      const who = { acknowledgedAtMs: nowMs, acknowledgedBy: by };
      const acknowledged: Alert = { ...before, ...mark, ...who, state: 'acknowledged' };
      const message = `${by} acknowledged: ${before.title}${note === null || note === '' ? '' : ` (${note})`}`;
      announce(draft, 'alertAcknowledged', acknowledged, groupId, nowMs, message);
      return acknowledged;
    });
  }

  /** Takes an acknowledgement back: the alert is open again, and told again. @throws NOT_FOUND, CONFLICT when it is over */
  unacknowledge(groupId: string, alertId: string, by: string): Promise<Alert> {
    return this.#mark(groupId, alertId, (before, draft, nowMs) => {
      if (before.state === 'open') return before;
      const open = reopened(before);
      const message = `${by} took the acknowledgement back: ${before.title}`;
      announce(draft, 'alertReopened', open, groupId, nowMs, message);
      return open;
    });
  }

  /** What a person does to an alert that is not over. */
  async #mark(
    groupId: string,
    alertId: string,
    change: (before: Alert, draft: Draft, nowMs: number) => Alert,
  ): Promise<Alert> {
    const { memory, clock } = this.#parts;
    const { alert, events } = await memory.serially(groupId, async (group) => {
      const before = group.active.get(alertId) ?? (await memory.store.alert(groupId, alertId));
      if (before === undefined) throw new AppError('NOT_FOUND', 'there is no such alert');
      if (before.state === 'closed') {
        throw new AppError('CONFLICT', 'this alert is over', { hint: 'Nothing is left to acknowledge.' });
      }
      const nowMs = clock.now();
      const draft = newDraft();
      const marked = change(before, draft, nowMs);
      await this.#commit(groupId, group, draft, { nowMs, hosts: [], sets: [] });
      return { alert: marked, events: draft.events };
    });
    await this.#tell(groupId, events);
    return alert;
  }

  /** Open and acknowledged alerts, from memory; empty until the first look after a start. */
  active(groupId: string): readonly Alert[] {
    return [...(this.#parts.memory.loaded(groupId)?.active.values() ?? [])];
  }

  #draft(draft: Draft, change: Change, group: GroupMemory, groupId: string, nowMs: number): void {
    if (change.kind === 'calmed') {
      draft.endedStates.push({ ruleId: change.ruleId, subjectId: change.subjectId });
      return;
    }
    if (change.kind === 'closed') {
      draft.endedStates.push({ ruleId: change.ruleId, subjectId: change.subjectId });
      const open = group.active.get(change.alertId);
      if (open === undefined) return;
      const closed: Alert = { ...open, state: 'closed', closedAtMs: nowMs, detail: `${change.why} ${open.detail}` };
      announce(draft, 'alertClosed', closed, groupId, nowMs, `Closed: ${open.title}. ${change.why}`);
      return;
    }
    const { rule, finding, state } = change;
    const stored: StoredState = { ruleId: rule.id, subject: finding.subject, state };
    const before = group.states.get(stateKey(rule.id, finding.subject.id))?.state;
    (isWorthSaving(before, state) ? draft.states : draft.passing).push(stored);
    if (state.at !== 'open') return;
    if (change.opened) {
      const alert = newAlert(state.alertId, change, nowMs);
      announce(draft, 'alertOpened', alert, groupId, nowMs, alert.title);
      return;
    }
    const open = group.active.get(state.alertId);
    if (open === undefined || finding.truth !== 'holds') return;
    const { acknowledgedUntilMs } = open;
    if (open.state === 'acknowledged' && acknowledgedUntilMs !== null && acknowledgedUntilMs <= nowMs) {
      const again = { ...reopened(open), ...finding.words(), value: finding.value };
      announce(draft, 'alertReopened', again, groupId, nowMs, `Still so: ${again.title}`);
      return;
    }
    if (nowMs - (group.refreshedAtMs.get(state.alertId) ?? open.openedAtMs) < refreshMs) return;
    const words = finding.words();
    if (words.title !== open.title) draft.alerts.push({ ...open, ...words, value: finding.value });
  }

  /** The store first: when it refuses, memory still says what it says and the next look tries again. */
  async #commit(
    groupId: string,
    group: GroupMemory,
    draft: Draft,
    look: Pick<GroupSnapshot, 'nowMs' | 'hosts' | 'sets'>,
  ): Promise<void> {
    const { nowMs } = look;
    const told = telling({
      memory: group.delivery,
      rules: group.rules,
      notifiers: group.notifiers,
      active: group.active,
      changed: draft.alerts,
      placeOf: placesIn(look),
      occasion: { groupId, nowMs, link: this.#parts.link(groupId), newId: () => newAlertingId('d') },
    });
    const { states, endedStates } = draft;
    const { alerts, plans, endedPlans, deliveries } = told;
    const changes: AlertChanges = { states, endedStates, alerts, plans, endedPlans, deliveries };
    const isEmpty = Object.values(changes).every((list) => list.length === 0);
    if (!isEmpty) await this.#parts.memory.store.apply(groupId, changes);
    remember(group.delivery, told);
    for (const stored of [...draft.states, ...draft.passing])
      group.states.set(stateKey(stored.ruleId, stored.subject.id), stored);
    for (const { ruleId, subjectId } of draft.endedStates) group.states.delete(stateKey(ruleId, subjectId));
    for (const alert of alerts) {
      if (alert.state === 'closed') {
        group.active.delete(alert.id);
        group.refreshedAtMs.delete(alert.id);
      } else {
        group.active.set(alert.id, alert);
        group.refreshedAtMs.set(alert.id, nowMs);
      }
    }
    if (alerts.length > 0) this.#parts.onChanged(groupId);
    if (deliveries.length > 0) this.#parts.onDeliveries();
  }

  async #tell(groupId: string, events: readonly AlertEvent[]): Promise<void> {
    if (events.length > 0) await this.#parts.onEvents(events.map((event) => ({ ...event, groupId })));
  }
}

function newDraft(): Draft {
  return { states: [], endedStates: [], alerts: [], events: [], passing: [] };
}

function announce(
  draft: Draft,
  kind: AlertEvent['kind'],
  alert: Alert,
  groupId: string,
  nowMs: number,
  message: string,
): void {
  draft.alerts.push(alert);
  draft.events.push({ groupId, atMs: nowMs, kind, subject: alert.subject, message });
}

/** Who acknowledged it and what they wrote stays with it. */
function reopened(alert: Alert): Alert {
  return { ...alert, state: 'open', acknowledgedUntilMs: null };
}

function newAlert(id: string, { rule, finding }: Extract<Change, { kind: 'moved' }>, nowMs: number): Alert {
  return {
    id,
    ruleId: rule.id,
    ruleName: rule.name,
    severity: rule.severity,
    state: 'open',
    subject: finding.subject,
    ...finding.words(),
    value: finding.value,
    threshold: finding.threshold,
    openedAtMs: nowMs,
    acknowledgedAtMs: null,
    acknowledgedBy: null,
    acknowledgedUntilMs: null,
    note: null,
    closedAtMs: null,
    maintenance: null,
  };
}

/** A restart must know that something is pending or open and whether it was clearing; not every tick of it. */
function isWorthSaving(before: StoredState['state'] | undefined, after: StoredState['state']): boolean {
  if (before?.at !== after.at) return true;
  if (before.at === 'pending' && after.at === 'pending') {
    return Math.floor(before.heldMs / pendingSaveMs) !== Math.floor(after.heldMs / pendingSaveMs);
  }
  return before.at === 'open' && after.at === 'open' && before.clearMs > 0 !== after.clearMs > 0;
}
