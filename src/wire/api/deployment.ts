import { z } from 'zod';
import { doctorStep } from '../agent-messages.ts';
import { hostTag, id, status, timeMs } from './common.ts';
import { hostExposure } from './exposure.ts';

const hostTags = z.array(hostTag).max(20);

/** A watched process. */
export const host = z.object({
  id,
  host: z.string(),
  connectTo: z.string().nullable(),
  aliases: z.array(z.string()),
  seed: z.boolean(),
  status,
  type: z.enum(['mongod', 'mongos', 'arbiter', 'unknown']),
  role: z.string(),
  version: z.string().nullable(),
  replicaSetId: z.string().nullable(),
  setName: z.string().nullable(),
  clusterId: z.string().nullable(),
  shardName: z.string().nullable(),
  startedAtMs: timeMs.nullable(),
  firstSampleAtMs: timeMs.nullable(),
  lastSampleAtMs: timeMs.nullable(),
  problem: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  clockSkewMs: z.number().nullable(),
  /** diagnostic = full; commands = privilege or version lacks getDiagnosticData; hello = no login. */
  collection: z.enum(['diagnostic', 'commands', 'hello']).nullable(),
  hasCredentials: z.boolean(),
  username: z.string().nullable(),
  /** Database that knows the user; null: admin. */
  authSource: z.string().nullable(),
  /** Null: as its set, its cluster or the agent's settings say. */
  tls: z.boolean().nullable(),
  /** Words of people's own, for rules and for finding it again. */
  tags: z.array(z.string()),
  /** What the last look from outside found; absent: it was not checked. */
  exposure: hostExposure.optional(),
});
export const newHostRequest = z.object({
  host: z.string().min(1).max(400),
  connectTo: z.string().max(400).optional(),
  tls: z.boolean().optional(),
  username: z.string().max(400).optional(),
  password: z.string().max(4000).optional(),
  authSource: z.string().max(400).optional(),
  tags: hostTags.optional(),
});
/** Null takes away what was set: the address to dial instead, the TLS choice, the authSource, the login (by
 * username or password). */
export const changeHostRequest = z.object({
  host: newHostRequest.shape.host.optional(),
  connectTo: newHostRequest.shape.connectTo.nullable(),
  tls: newHostRequest.shape.tls.nullable(),
  username: newHostRequest.shape.username.nullable(),
  password: newHostRequest.shape.password.nullable(),
  authSource: newHostRequest.shape.authSource.nullable(),
  /** Replaces all of them. */
  tags: hostTags.optional(),
});
export const hostsAnswer = z.array(host);
/** Tags of many hosts at once; a host that has 20 already takes no more, and the request is refused as a whole. */
export const tagHostsRequest = z.object({
  hostIds: z.array(id).min(1).max(1000),
  add: hostTags.default([]),
  remove: hostTags.default([]),
});

export const hostInfo = z.object({
  documents: z.array(z.object({ kind: z.string(), atMs: timeMs, document: z.unknown() })),
});
export const rawRepliesAnswer = z.object({ replies: z.array(z.object({ atMs: timeMs, reply: z.unknown() })) });
export const doctorRun = z.object({
  orderId: id,
  hostId: id,
  done: z.boolean(),
  steps: z.array(doctorStep),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
});

/** A member as the picture draws it; `spark`: last hour, one value a minute, null = no sample. */
export const topologyMember = z.object({
  hostId: id.nullable(),
  host: z.string(),
  memberId: z.number().int(),
  role: z.string(),
  status,
  lagMs: z.number().nullable(),
  delaySeconds: z.number(),
  priority: z.number(),
  hidden: z.boolean(),
  version: z.string().nullable(),
  startedAtMs: timeMs.nullable(),
  operationsPerSecond: z.number().nullable(),
  connections: z.number().nullable(),
  cachePercent: z.number().nullable(),
  diskPercent: z.number().nullable(),
  spark: z.array(z.number().nullable()),
  openAlerts: z.number().int(),
});
export const topologySet = z.object({
  replicaSetId: z.string(),
  name: z.string(),
  status,
  versions: z.array(z.string()),
  primary: z.string().nullable(),
  term: z.number().int(),
  oplogFirstMs: timeMs.nullable(),
  oplogLastMs: timeMs.nullable(),
  oplogWindowMs: z.number().nullable(),
  oplogBytesPerHour: z.number().nullable(),
  dataBytes: z.number().nullable(),
  clusterRole: z.enum(['shardsvr', 'configsvr']).nullable(),
  shardName: z.string().nullable(),
  members: z.array(topologyMember),
});
export const topologyCluster = z.object({
  clusterId: z.string(),
  name: z.string(),
  status,
  mongos: z.array(topologyMember),
  configSet: topologySet.nullable(),
  shards: z.array(topologySet),
});
export const topologyAnswer = z.object({
  /** The sentence on top: what needs a person, or that all is well. */
  verdict: z.object({
    health: z.enum(['ok', 'warn', 'bad', 'unknown', 'off']),
    title: z.string(),
    detail: z.string(),
    hostId: id.nullable(),
    alertId: id.nullable(),
  }),
  /** No agent reports: everything below is old and unknown. */
  blind: z.object({ sinceMs: timeMs.nullable() }).nullable(),
  figures: z.object({
    processes: z.number().int(),
    healthy: z.number().int(),
    lagging: z.number().int(),
    down: z.number().int(),
    unknown: z.number().int(),
    operationsPerSecond: z.number().nullable(),
    operationsSpark: z.array(z.number().nullable()),
    connections: z.number().nullable(),
    connectionsLimit: z.number().nullable(),
    oldestOplogWindowMs: z.number().nullable(),
    oldestOplogSet: z.string().nullable(),
    /** The same set by its replicaSetId: several may have one name. */
    oldestOplogSetId: z.string().nullable(),
    openAlerts: z.number().int(),
  }),
  clusters: z.array(topologyCluster),
  sets: z.array(topologySet),
  standalones: z.array(topologyMember),
  atMs: timeMs,
});

export const agent = z.object({
  id,
  kind: z.enum(['monitoring', 'backup']),
  hostname: z.string(),
  version: z.string(),
  target: z.string(),
  status,
  role: z.enum(['active', 'standby', 'lost']),
  approved: z.boolean(),
  keyName: z.string(),
  firstSeenAtMs: timeMs,
  lastSeenAtMs: timeMs,
  startedAtMs: timeMs.nullable(),
  cpuPercent: z.number().nullable(),
  rssBytes: z.number().nullable(),
  outboxSamples: z.number().int().nullable(),
  outboxBytes: z.number().nullable(),
  /** Since it was started: bodies of its messages to the server, and polls of hosts. */
  sentBytes: z.number().nullable().optional(),
  polls: z.number().int().nullable().optional(),
  failedPolls: z.number().int().nullable().optional(),
  hosts: z.number().int(),
  /** Two processes run with this identity. */
  duplicate: z.boolean(),
});
export const agentsAnswer = z.array(agent);

export type Host = z.infer<typeof host>;
export type NewHostRequest = z.infer<typeof newHostRequest>;
export type TopologyMember = z.infer<typeof topologyMember>;
export type TopologySet = z.infer<typeof topologySet>;
export type TopologyCluster = z.infer<typeof topologyCluster>;
export type TopologyAnswer = z.infer<typeof topologyAnswer>;
export type DoctorRun = z.infer<typeof doctorRun>;
export type Agent = z.infer<typeof agent>;
export type HostInfo = z.infer<typeof hostInfo>;
export type RawRepliesAnswer = z.infer<typeof rawRepliesAnswer>;
