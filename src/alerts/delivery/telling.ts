import type { Alert, AlertRule, AlertSubject } from '../ports.ts';
import { advance, newPlan, type Tell } from './alert-plan.ts';
import { counted, type DeliveryMemory, kindsOfReaders } from './delivery-memory.ts';
import { activeWindows, windowOver } from './maintenance.ts';
import { deliveryOf, heldDelivery, type Occasion } from './notice.ts';
import type { AlertPlace, AlertPlan, Delivery, NotifierKind, NotifierRecord } from './ports.ts';
import { quietUntil } from './wall-clock.ts';

interface TellingInput {
  readonly memory: DeliveryMemory;
  readonly rules: readonly AlertRule[];
  readonly notifiers: readonly NotifierRecord[];
  /** Open and acknowledged alerts before this moment. */
  readonly active: ReadonlyMap<string, Alert>;
  /** What this moment changes, opens and closes. */
  readonly changed: readonly Alert[];
  readonly placeOf: (subject: AlertSubject) => AlertPlace;
  readonly occasion: Occasion;
}

/** What is to be stored with the alerts, in one transaction, and then remembered (`remember`). */
export interface Telling {
  /** The changed alerts, and others whose mark of a maintenance window came or went. */
  readonly alerts: readonly Alert[];
  /** New and changed ones. */
  readonly plans: readonly AlertPlan[];
  readonly endedPlans: readonly string[];
  readonly deliveries: readonly Delivery[];
  readonly rates: DeliveryMemory['rates'];
}

/** Decides who is told what now. Pure: nothing is remembered before it is stored. */
export function telling(input: TellingInput): Telling {
  const { memory, active, changed, occasion } = input;
  const windows = activeWindows(memory.windows, occasion.nowMs);
  const rules = new Map(input.rules.map((rule) => [rule.id, rule]));
  const enabled = input.notifiers.filter(({ settings }) => settings.enabled);
  const moment = { nowMs: occasion.nowMs, notifierIds: enabled.map(({ id }) => id) };
  const draft = new Draft(new Map(enabled.map((notifier) => [notifier.id, notifier])), memory.rates, occasion);
  const now = new Map(active);
  for (const alert of changed) now.set(alert.id, alert);
  const changedIds = new Set(changed.map(({ id }) => id));
  const alerts: Alert[] = [];
  const plans: AlertPlan[] = [];
  const endedPlans: string[] = [];
  for (const alert of now.values()) {
    const before = memory.plans.get(alert.id) ?? newPlan(alert.id, input.placeOf(alert.subject), occasion.nowMs);
    const window = alert.state === 'closed' ? undefined : windowOver(before.place, windows);
    const marked = withMark(alert, window);
    if (changedIds.has(alert.id) || marked !== alert) alerts.push(marked);
    const { plan, tell } = advance(before, {
      ...moment,
      alert: marked,
      rule: rules.get(alert.ruleId),
      inWindow: window !== undefined,
    });
    const wasOpen = active.get(alert.id)?.state === 'open';
    const acknowledged = wasOpen && alert.state === 'acknowledged' ? toAll(plan, 'alert.acknowledged') : [];
    const after = draft.tell(plan, marked, [...acknowledged, ...tell]);
    if (alert.state === 'closed') endedPlans.push(alert.id);
    else if (after !== memory.plans.get(alert.id)) plans.push(after);
  }
  draft.endMany(memory, plans, endedPlans);
  return { alerts, plans, endedPlans, deliveries: draft.deliveries, rates: draft.rates };
}

/** After it was stored. */
export function remember(memory: DeliveryMemory, { plans, endedPlans, rates }: Telling): void {
  for (const plan of plans) memory.plans.set(plan.alertId, plan);
  for (const alertId of endedPlans) memory.plans.delete(alertId);
  memory.rates = rates;
}

class Draft {
  readonly deliveries: Delivery[] = [];
  readonly rates: Map<string, { sinceMs: number; count: number }>;
  readonly #notifiers: ReadonlyMap<string, NotifierRecord>;
  readonly #occasion: Occasion;

  constructor(notifiers: ReadonlyMap<string, NotifierRecord>, rates: DeliveryMemory['rates'], occasion: Occasion) {
    this.#notifiers = notifiers;
    this.rates = new Map(rates);
    this.#occasion = occasion;
  }

  /** Makes deliveries of what is told; gives back the plan, with those marked who hear it among many. */
  tell(plan: AlertPlan, alert: Alert, tells: readonly Tell[]): AlertPlan {
    let after = plan;
    for (const { notifierId, kind } of tells) {
      const notifier = this.#notifiers.get(notifierId);
      if (notifier === undefined) continue;
      const { settings } = notifier;
      const isPager = kindsOfReaders[settings.kind] === 'pager';
      const isGrouped = plan.told.some((each) => each.notifierId === notifierId && each.grouped);
      // The one message of many stands for it until the last of them is over.
      if (isPager && isGrouped) continue;
      const quietUntilMs = heldUntil(settings, alert, this.#occasion.nowMs);
      // People and programs hear of what is held in one message anyway; of a pager's, what is over wakes nobody.
      const isCounted = isPager ? kind === 'alert.opened' : quietUntilMs === 0;
      const crowdedUntilMs = isCounted ? this.#crowdedUntil(notifierId, settings.kind) : 0;
      const heldUntilMs = Math.max(quietUntilMs, crowdedUntilMs);
      const isAlone = heldUntilMs === 0 || (isPager && crowdedUntilMs === 0);
      this.deliveries.push(
        isAlone
          ? { ...deliveryOf(kind, notifierId, { alert }, this.#occasion), heldUntilMs }
          : heldDelivery(kind, notifierId, alert.id, heldUntilMs, this.#occasion),
      );
      if (crowdedUntilMs > 0 && isPager) after = grouped(after, notifierId);
    }
    return after;
  }

  #crowdedUntil(notifierId: string, kind: NotifierKind): number {
    return counted(this.rates, notifierId, kind, this.#occasion.nowMs).crowdedUntilMs ?? 0;
  }

  /** A pager that was woken once for many hears when the last of them is over. */
  endMany(memory: DeliveryMemory, changed: readonly AlertPlan[], ended: readonly string[]): void {
    const over = new Set(ended);
    const endedFor = new Set(ended.flatMap((alertId) => groupedFor(memory.plans.get(alertId))));
    if (endedFor.size === 0) return;
    const left = new Map([...memory.plans].filter(([alertId]) => !over.has(alertId)));
    for (const plan of changed) left.set(plan.alertId, plan);
    const still = new Set([...left.values()].flatMap(groupedFor));
    for (const notifierId of endedFor) {
      if (still.has(notifierId) || !this.#notifiers.has(notifierId)) continue;
      this.deliveries.push(deliveryOf('alerts.manyClosed', notifierId, { alert: null }, this.#occasion));
    }
  }
}

function heldUntil(settings: NotifierRecord['settings'], alert: Alert, nowMs: number): number {
  const quiet =
    settings.quietHours === null || alert.severity === 'bad' ? undefined : quietUntil(settings.quietHours, nowMs);
  const everyMs = 'digestMinutes' in settings && settings.digestMinutes !== null ? settings.digestMinutes * 60_000 : 0;
  const digest = everyMs === 0 ? 0 : (Math.floor(nowMs / everyMs) + 1) * everyMs;
  return Math.max(quiet ?? 0, digest);
}

function withMark(alert: Alert, window: Alert['maintenance'] | undefined): Alert {
  const mark = alert.state === 'closed' ? alert.maintenance : (window ?? null);
  const before = alert.maintenance;
  const isSame =
    mark?.windowId === before?.windowId && mark?.untilMs === before?.untilMs && mark?.name === before?.name;
  return isSame ? alert : { ...alert, maintenance: mark };
}

function toAll(plan: AlertPlan, kind: Tell['kind']): readonly Tell[] {
  return plan.told.map(({ notifierId }) => ({ notifierId, kind }));
}

function grouped(plan: AlertPlan, notifierId: string): AlertPlan {
  return {
    ...plan,
    told: plan.told.map((each) => (each.notifierId === notifierId ? { ...each, grouped: true } : each)),
  };
}

function groupedFor(plan: AlertPlan | undefined): readonly string[] {
  return (plan?.told ?? []).filter((each) => each.grouped).map(({ notifierId }) => notifierId);
}
