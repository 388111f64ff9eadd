import type { ClusterReport, HostDocument, HostReport, SetReport } from '../wire/agent-messages.ts';
import type { KeyScope, Role } from '../wire/api/access.ts';
import type { GroupRecord } from './access/group-record.ts';
import type { AccountStore, KnownNetworkStore, MemberStore } from './access/ports.ts';
import type { AuditStore } from './audit/ports.ts';
import type { IdentityStore } from './sign-in/ports.ts';

/** Stored JSON is parsed with these when it is read back. */
export { clusterReport, hostReport, setReport } from '../wire/agent-messages.ts';
export type { GroupRecord } from './access/group-record.ts';

/** What the server needs of a metadata store, by role. Writes are durable when they resolve. Times are ms since 1970 UTC. */

export interface GroupStore {
  addGroup(group: GroupRecord, ownerId: string): Promise<void>;
  groups(): Promise<readonly GroupRecord[]>;
  group(id: string): Promise<GroupRecord | undefined>;
  /** Replaces all fields. */
  saveGroup(group: GroupRecord): Promise<void>;
  /**
   * With everything that belongs to it but the audit log and series. False: it has members, or is not there; the condition stands in
   * the statement, so that nobody who joins meanwhile loses it.
   */
  removeGroup(id: string): Promise<boolean>;
  rolesOf(userId: string): Promise<readonly { readonly groupId: string; readonly roles: readonly Role[] }[]>;
  /** The server's own settings: publicUrl, … */
  serverValue(name: string): Promise<string | undefined>;
  setServerValue(name: string, value: string): Promise<void>;
}

interface SecretRecord {
  readonly id: string;
  readonly groupId: string;
  readonly name: string;
  /** SHA-256 of the whole secret. */
  readonly hash: Uint8Array;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
}
export interface AgentKeyRecord extends SecretRecord {
  readonly scope: KeyScope;
  /** Minted by a download link that was not used yet. */
  readonly sealed: boolean;
}
export interface ApiTokenRecord extends SecretRecord {
  readonly roles: readonly Role[];
  readonly expiresAtMs: number | null;
  /** Addresses and networks that may use it; none: all. */
  readonly addresses: readonly string[];
  readonly lastUsedAddress: string | null;
  /** The user who made it; null: `leafward admin`. */
  readonly madeBy: string | null;
}
export interface KeyStore {
  addAgentKey(key: AgentKeyRecord): Promise<void>;
  agentKey(id: string): Promise<AgentKeyRecord | undefined>;
  agentKeys(groupId: string): Promise<readonly AgentKeyRecord[]>;
  /** False when the group has no such key. */
  revokeAgentKey(groupId: string, id: string, atMs: number): Promise<boolean>;
  unsealAgentKey(id: string): Promise<void>;
  touchAgentKey(id: string, atMs: number): Promise<void>;
  addApiToken(token: ApiTokenRecord): Promise<void>;
  apiToken(id: string): Promise<ApiTokenRecord | undefined>;
  apiTokens(groupId: string): Promise<readonly ApiTokenRecord[]>;
  revokeApiToken(groupId: string, id: string, atMs: number): Promise<boolean>;
  touchApiToken(id: string, atMs: number, address: string): Promise<void>;
}

/** watched: a target. ignored: a person removed it, discovery does not bring it back. departed: left its set or cluster. */
export type HostStanding = 'watched' | 'ignored' | 'departed';
export interface HostRecord {
  readonly id: string;
  readonly groupId: string;
  readonly host: string;
  readonly connectTo: string | null;
  readonly aliases: readonly string[];
  readonly tls: boolean | null;
  readonly seed: boolean;
  readonly standing: HostStanding;
  readonly addedAtMs: number;
  /** mongodbCredentials as JSON, encrypted (access/credential-box.ts). */
  readonly credentials: Uint8Array | null;
  readonly username: string | null;
  /** Of that login; null: admin. */
  readonly authSource: string | null;
  readonly replicaSetId: string | null;
  readonly clusterId: string | null;
  readonly shardName: string | null;
  readonly tags: readonly string[];
  readonly firstSampleAtMs: number | null;
  readonly lastSampleAtMs: number | null;
  /** The last one that said something new. */
  readonly report: HostReport | null;
}
export interface HostStore {
  hosts(groupId: string): Promise<readonly HostRecord[]>;
  /** Inserts or replaces, all in one transaction. */
  saveHosts(hosts: readonly HostRecord[]): Promise<void>;
  removeHost(groupId: string, hostId: string): Promise<void>;
  saveDocuments(groupId: string, documents: readonly HostDocument[]): Promise<void>;
  documents(groupId: string, hostId: string): Promise<readonly HostDocument[]>;
  /** Of all hosts. */
  documentsOfKind(groupId: string, kind: HostDocument['kind']): Promise<readonly HostDocument[]>;
  sets(groupId: string): Promise<readonly { readonly report: SetReport; readonly atMs: number }[]>;
  clusters(groupId: string): Promise<readonly { readonly report: ClusterReport; readonly atMs: number }[]>;
  saveViews(
    groupId: string,
    atMs: number,
    sets: readonly SetReport[],
    clusters: readonly ClusterReport[],
  ): Promise<void>;
  removeSet(groupId: string, replicaSetId: string): Promise<void>;
  removeCluster(groupId: string, clusterId: string): Promise<void>;
}

export type AgentKind = 'monitoring' | 'backup';
export interface AgentRecord {
  readonly id: string;
  readonly groupId: string;
  readonly kind: AgentKind;
  readonly keyId: string;
  readonly instanceId: string;
  readonly hostname: string;
  readonly version: string;
  readonly target: string;
  readonly publicKey: string;
  readonly approved: boolean;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  readonly startedAtMs: number | null;
  /** When two processes were last seen with this identity. */
  readonly duplicateAtMs: number | null;
  readonly cpuPercent: number | null;
  readonly rssBytes: number | null;
  readonly outboxSamples: number | null;
  readonly outboxBytes: number | null;
  /** What it did since it was started, as it said last; in memory alone. */
  readonly work?: AgentWork;
}
export interface AgentWork {
  readonly sentBytes: number | null;
  readonly polls: number | null;
  readonly failedPolls: number | null;
}
export interface Lease {
  readonly holder: string;
  /** Grows by 1 with every change of holder. */
  readonly epoch: number;
  readonly expiresAtMs: number;
}
export interface AgentStore {
  agents(groupId: string): Promise<readonly AgentRecord[]>;
  saveAgent(agent: AgentRecord): Promise<void>;
  removeAgent(groupId: string, agentId: string): Promise<void>;
  /** Takes or renews the lease when it is free, lapsed or the caller's own, in one conditional update; gives back whose it is. */
  acquireLease(groupId: string, kind: AgentKind, holder: string, nowMs: number, leaseMs: number): Promise<Lease>;
  lease(groupId: string, kind: AgentKind): Promise<Lease | undefined>;
  /** Lets others take it at once; nothing when the holder is another. */
  releaseLease(groupId: string, kind: AgentKind, holder: string): Promise<void>;
}

export interface EventRecord {
  readonly id: string;
  readonly groupId: string;
  readonly atMs: number;
  readonly kind: string;
  readonly subject: {
    readonly kind: 'host' | 'set' | 'cluster' | 'agent' | 'group';
    readonly id: string;
    readonly label: string;
  };
  readonly message: string;
}
export interface EventQuery {
  readonly subjectId?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly kind?: string;
  /** `nextBefore` of the page before. */
  readonly before?: string;
  readonly limit: number;
}
export interface EventStore {
  appendEvents(events: readonly EventRecord[]): Promise<void>;
  /** Newest first. */
  events(groupId: string, query: EventQuery): Promise<{ events: readonly EventRecord[]; nextBefore: string | null }>;
  removeEventsBefore(ms: number): Promise<void>;
}

/** Every metadata store of the server. */
export interface Stores {
  readonly accounts: AccountStore;
  readonly members: MemberStore;
  readonly groups: GroupStore;
  readonly keys: KeyStore;
  readonly hosts: HostStore;
  readonly agents: AgentStore;
  readonly events: EventStore;
  readonly audit: AuditStore;
  readonly identities: IdentityStore;
  readonly networks: KnownNetworkStore;
}
