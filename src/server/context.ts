import type { MetricsEngine } from '../metrics/ports.ts';
import type { CatalogMetric } from '../model/metric.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Outbound } from '../wire/outbound/outbound.ts';
import type { CredentialBox } from './access/credential-box.ts';
import type { AgentWork } from './agents/agent-work.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { InstanceSettings } from './instance-settings/instance-settings.ts';
import type { Mailer } from './instance-settings/mailer.ts';
import type { StreamHub } from './live/stream-hub.ts';
import type { Stores } from './ports.ts';
import type { ServerAddress } from './server-address.ts';

/** What routes and jobs of the server work with; made once by the command that starts it. */
export interface ServerContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly stores: Stores;
  readonly metrics: MetricsEngine;
  readonly catalog: readonly CatalogMetric[];
  /** Who is watched and how they looked last, kept in memory per group and rebuilt from the stores. */
  readonly fleet: Fleet;
  /** Tells open pages what changed. */
  readonly hub: StreamHub;
  /** Orders to agents, and the version of their settings. */
  readonly work: AgentWork;
  readonly box: CredentialBox;
  /** Settings of the whole server that its administrators change. */
  readonly instance: InstanceSettings;
  /** All calls to addresses that people typed in. */
  readonly outbound: Outbound;
  readonly mailer: Mailer;
  /** publicUrl: the only source of links. */
  readonly address: ServerAddress;
  /** Agents may receive credentials without an owner's word: only where server and agent are one program (up, demo). */
  readonly approveAgents: boolean;
  /** Number of open alerts by subject id (host, set, agent), for the picture of the deployment. */
  readonly openAlerts: OpenAlerts;
  /** Replica sets that a live backup agent backs up now. */
  readonly backupHeldBy: (groupId: string, agentId: string) => Promise<readonly string[]>;
  /** What backups of a group hold in the store. */
  readonly backupUse: (groupId: string) => Promise<{ readonly sets: number; readonly bytes: number }>;
  /** Since when the store's disk refuses writes; null while it takes them. */
  readonly diskFullSinceMs: () => number | null;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

/** What alerts and backups are made from. */
export type ServerBase = Omit<ServerContext, 'openAlerts' | 'backupHeldBy' | 'backupUse'>;

export interface OpenAlert {
  readonly id: string;
  readonly severity: 'warn' | 'bad';
  readonly state: 'open' | 'acknowledged';
  readonly subject: {
    readonly kind: 'host' | 'set' | 'cluster' | 'agent' | 'group';
    readonly id: string;
    readonly label: string;
  };
  readonly title: string;
  readonly detail: string;
  readonly openedAtMs: number;
}
/** Open and acknowledged alerts of a group, from memory: asked for every picture. */
export type OpenAlerts = (groupId: string) => readonly OpenAlert[];
