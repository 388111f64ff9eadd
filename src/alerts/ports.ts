import { z } from 'zod';
import type { ClusterReport, HostReport, SetReport } from '../wire/agent-messages.ts';
import type { Alert, AlertCondition, AlertRule } from '../wire/api/alerts.ts';
import type { HostExposure } from '../wire/api/exposure.ts';
import type { AlertPlan, Delivery, DeliveryStore } from './delivery/ports.ts';

export type { Alert, AlertCondition, AlertRule, AlertTarget } from '../wire/api/alerts.ts';
/** What a store keeps as text is parsed with the schemas of the API when it is read back. */
export { alert as alertSchema, alertRule as alertRuleSchema } from '../wire/api/alerts.ts';

export type AlertSubject = Alert['subject'];

/** A watched host as it looked last. `report` is null until the first one arrived. */
export interface HostView {
  readonly id: string;
  readonly host: string;
  /** Other names that the same process answers to. */
  readonly aliases: readonly string[];
  readonly tags: readonly string[];
  readonly clusterId: string | null;
  /** Since when it is watched: what its process did before is nobody's news. */
  readonly addedAtMs: number;
  /** Lines that its process warned of at its start; null: not known. */
  readonly startupWarnings: readonly string[] | null;
  readonly report: HostReport | null;
  /** What the last look from outside found (the exposure check); absent: it is switched off, or the host was not checked yet. */
  readonly exposure?: HostExposure | undefined;
}
export interface SetView {
  readonly report: SetReport;
  /** When it was told last, also if nothing had changed. */
  readonly atMs: number;
}
export interface ClusterView {
  readonly report: ClusterReport;
  readonly atMs: number;
}
export interface AgentView {
  readonly id: string;
  readonly hostname: string;
  readonly version: string;
  readonly lastSeenAtMs: number;
}

/** A replica set whose backup is switched on. */
export interface BackupView {
  readonly replicaSetId: string;
  readonly name: string;
  /** As in BackupSet of the API; null: nothing can be brought back yet. */
  readonly lagSeconds: number | null;
  readonly oplogHoldsSeconds: number | null;
  /** The place in the oplog is lost, and no resync was begun. */
  readonly lost: { readonly message: string; readonly sinceMs: number } | null;
  /** What stands in the way: of folding first, then of the agent. */
  readonly problem: { readonly message: string; readonly hint: string; readonly sinceMs: number } | null;
  /** No snapshot can be made while it lasts. */
  readonly foldsStandStill: boolean;
  readonly nextSnapshotAtMs: number | null;
  /** Restore drills: how the last one ended, and when the next is due; null: there was none, none is due. */
  readonly drill: {
    readonly last: {
      readonly atMs: number;
      readonly ok: boolean;
      readonly message: string;
      readonly target: string | null;
    } | null;
    readonly dueAtMs: number | null;
  };
  readonly hasAgent: boolean;
}
export interface BackupFacts {
  readonly sets: readonly BackupView[];
  readonly agents: readonly AgentView[];
  /** Null: not known. */
  readonly store: { readonly bytes: number; readonly freeBytes: number } | null;
}

/** Something that people did in the group, of the last hour. */
export interface PeopleChange {
  /** Of the audit event. */
  readonly id: string;
  readonly atMs: number;
  readonly kind: 'userJoined' | 'userLeft' | 'roleChanged' | 'keyCreated';
  /** Who did it. */
  readonly actor: string;
  /** "bob@example.net joined as readOnly". */
  readonly words: string;
}

export interface ServerFacts {
  readonly version: string;
  /** The certificate that it shows; null: it speaks no TLS itself. */
  readonly certificate: { readonly notAfterMs: number; readonly renewsItself: boolean } | null;
}

/** What a metric usually is in this hour of the week. */
export interface Baseline {
  readonly median: number;
  /** 1.4826 × the median absolute deviation. */
  readonly deviation: number;
  /** Earlier weeks that had samples. */
  readonly weeks: number;
}

/** What conditions may know of a group, all of one moment. */
export interface GroupSnapshot {
  readonly groupId: string;
  readonly nowMs: number;
  /** Silence before this moment says nothing about agents: the server was not there to listen. */
  readonly serverStartedAtMs: number;
  readonly intervalMs: number;
  /** No agent reports: what is known of hosts and sets is old, so nothing can be said about them. */
  readonly blind: boolean;
  readonly hosts: readonly HostView[];
  /** `hosts` by every name that they have (hostsByName). */
  readonly hostByName: ReadonlyMap<string, HostView>;
  readonly sets: readonly SetView[];
  readonly clusters: readonly ClusterView[];
  /** Monitoring agents only. */
  readonly agents: readonly AgentView[];
  readonly backups: BackupFacts;
  readonly server: ServerFacts;
  readonly peopleChanges: readonly PeopleChange[];
  /** Times of elections by replica set id, of the last day, oldest first. */
  readonly elections: ReadonlyMap<string, readonly number[]>;
  /** Newest value of a metric on a host, by metric name and then host id; absent = none lately. */
  readonly latest: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** The values of a window; undefined = too few to say. */
  readonly windowed: (wanted: WindowNeed, hostId: string) => number | undefined;
  /** Undefined = not known (yet), or fewer than two earlier weeks. */
  readonly baseline: (metric: string, hostId: string) => Baseline | undefined;
}

/** A metric over a window that a rule reads. */
export interface WindowNeed {
  readonly metric: string;
  readonly windowMs: number;
  readonly aggregate: 'average' | 'maximum' | 'minimum' | 'rate';
}
/** What the enabled rules of a group read. */
export interface Needs {
  /** Newest values of these, catalog or raw names. */
  readonly metrics: readonly string[];
  readonly windows: readonly WindowNeed[];
  readonly baselines: readonly string[];
  readonly startupWarnings: boolean;
  readonly elections: boolean;
  readonly peopleChanges: boolean;
}

/** The names that a replica set may call a host by. */
export function hostsByName(hosts: readonly HostView[]): ReadonlyMap<string, HostView> {
  const byName = new Map<string, HostView>();
  for (const host of hosts) {
    for (const name of [host.report?.me, ...host.aliases, host.host]) if (name !== undefined) byName.set(name, host);
  }
  return byName;
}

/** Where the engine gets its snapshots. */
export interface SnapshotSource {
  groupIds(): Promise<readonly string[]>;
  /** `needs`: what some rule reads; the rest is left empty. */
  snapshot(groupId: string, needs: Needs): Promise<GroupSnapshot>;
}

/** Memory of one rule about one subject between two looks; no entry = all is well. */
export interface StoredState {
  readonly ruleId: string;
  readonly subject: AlertSubject;
  readonly state: ConditionState;
}

const times = { heldMs: z.number(), lastMs: z.number() };
/** Times are sums of watched time, so that neither a clock jump nor a stopped server counts as "held". */
export const conditionState = z.discriminatedUnion('at', [
  z.object({ at: z.literal('pending'), ...times }),
  z.object({ at: z.literal('open'), alertId: z.string(), clearMs: z.number(), lastMs: z.number() }),
]);
export type ConditionState = Readonly<z.infer<typeof conditionState>>;

/** Everything that one look at a group changes; applied in one transaction, so that a crash leaves no alert untold. */
export interface AlertChanges {
  readonly states: readonly StoredState[];
  readonly endedStates: readonly { readonly ruleId: string; readonly subjectId: string }[];
  /** New ones and changed ones. */
  readonly alerts: readonly Alert[];
  readonly plans: readonly AlertPlan[];
  readonly endedPlans: readonly string[];
  readonly deliveries: readonly Delivery[];
}

export interface AlertQuery {
  /** `active`: open and acknowledged. */
  readonly state?: 'active' | 'open' | 'acknowledged' | 'closed';
  readonly limit: number;
}

/** What the engine needs of a store. Writes are durable when they resolve. */
export interface AlertStore extends DeliveryStore {
  rules(groupId: string): Promise<readonly AlertRule[]>;
  /** Inserts or replaces. */
  saveRules(groupId: string, rules: readonly AlertRule[]): Promise<void>;
  removeRule(groupId: string, ruleId: string): Promise<void>;

  states(groupId: string): Promise<readonly StoredState[]>;
  apply(groupId: string, changes: AlertChanges): Promise<void>;
  /** Newest first. */
  alerts(groupId: string, query: AlertQuery): Promise<readonly Alert[]>;
  alert(groupId: string, alertId: string): Promise<Alert | undefined>;
  removeClosedBefore(ms: number): Promise<void>;
}

/** What happened, for the event log. */
export interface AlertEvent {
  readonly groupId: string;
  readonly atMs: number;
  readonly kind: 'alertOpened' | 'alertAcknowledged' | 'alertReopened' | 'alertClosed' | 'notificationFailed';
  readonly subject: AlertSubject;
  readonly message: string;
}

export type ConditionKind = AlertCondition['kind'];
