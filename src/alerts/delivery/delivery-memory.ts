import type { AlertPlan, DeliveryStore, MaintenanceWindowRecord, NotifierKind } from './ports.ts';

/** How many messages of their own a notifier was given in the minute that began then. */
interface Rate {
  readonly sinceMs: number;
  readonly count: number;
}

/** What telling remembers of a group; all but the rates is in the store too. */
export interface DeliveryMemory {
  /** Of open and acknowledged alerts, by alert id. */
  readonly plans: Map<string, AlertPlan>;
  windows: readonly MaintenanceWindowRecord[];
  /** By notifier id. */
  rates: ReadonlyMap<string, Rate>;
}

export async function loadDeliveryMemory(store: DeliveryStore, groupId: string): Promise<DeliveryMemory> {
  const [plans, windows] = await Promise.all([store.plans(groupId), store.windows(groupId)]);
  return { plans: new Map(plans.map((plan) => [plan.alertId, plan])), windows, rates: new Map() };
}

const minuteMs = 60_000;

/**
 * readers: people who read; many are told in one message. programs: many are told in one message of all. pagers: each
 * alert wakes somebody and is answered by itself; many wake once.
 */
export const kindsOfReaders: Readonly<Record<NotifierKind, 'reader' | 'program' | 'pager'>> = {
  mail: 'reader',
  slack: 'reader',
  teams: 'reader',
  snmp: 'reader',
  webhook: 'program',
  alertmanager: 'program',
  pagerduty: 'pager',
  opsgenie: 'pager',
};
/** Messages of their own in a minute; what comes beyond goes into one. */
const perMinute = { reader: 10, program: 60, pager: 10 } as const;

/** Counts one message. `crowdedUntilMs`: there were too many in this minute, which ends then. */
export function counted(
  rates: Map<string, Rate>,
  notifierId: string,
  kind: NotifierKind,
  nowMs: number,
): { readonly crowdedUntilMs: number | undefined } {
  const before = rates.get(notifierId);
  const isSame = before !== undefined && nowMs >= before.sinceMs && nowMs < before.sinceMs + minuteMs;
  const rate = isSame ? { ...before, count: before.count + 1 } : { sinceMs: nowMs, count: 1 };
  rates.set(notifierId, rate);
  return { crowdedUntilMs: rate.count > perMinute[kindsOfReaders[kind]] ? rate.sinceMs + minuteMs : undefined };
}
