import { z } from 'zod';
import { isShallow } from './api/common.ts';

/** JSON messages of the agent protocol. Bodies are zstd-compressed JSON, except samples, which are binary (sample-frames.ts). */

const name = z.string().min(1).max(400);

/** First message of an agent process. The answer tells who it is from now on. */
export const helloRequest = z.object({
  kind: z.enum(['monitoring', 'backup']),
  /** Made once, kept in the agent's state directory. */
  agentId: z.string().regex(/^a_[0-9a-f]{24}$/),
  /** Made at every start: two live ones under one agentId are two agents with one identity. */
  instanceId: z.string().regex(/^[0-9a-f]{32}$/),
  hostname: name,
  version: name,
  target: name,
  /** Raw X25519 public key (32 bytes), standard base64: credentials are encrypted to it. */
  publicKey: z.string().max(100),
  pid: z.number().int(),
});
export const helloAnswer = z.object({
  serverVersion: name,
  serverTimeMs: z.number(),
  /** Approved by an owner: may receive credentials typed on a page. */
  approved: z.boolean(),
});

/**
 * Body encrypted to the agent's key (server/seal.ts seals, wire/open-sealed.ts opens). All three are standard base64.
 * ephemeralKey: raw X25519 public key, 32 bytes. Key = HKDF-SHA-256(X25519 secret, salt = ephemeralKey ‖ agent's raw public
 * key, info = "leafward credentials v1", 32 bytes). nonce: 12 bytes. ciphertext: AES-256-GCM of the UTF-8 JSON of
 * mongodbCredentials, its 16-byte tag at the end; no additional data.
 */
export const sealedCredentials = z.object({
  ephemeralKey: z.string(),
  nonce: z.string(),
  ciphertext: z.string(),
});
/** What is inside sealedCredentials, as JSON. */
export const mongodbCredentials = z.object({
  /** Empty for MONGODB-X509 and MONGODB-AWS; so is the password. */
  username: z.string().max(400),
  password: z.string().max(4000),
  authSource: z.string().max(400).default('admin'),
  authMechanism: z.enum(['SCRAM-SHA-1', 'SCRAM-SHA-256', 'MONGODB-X509', 'PLAIN', 'MONGODB-AWS', 'GSSAPI']).optional(),
});

export const target = z.object({
  hostId: name,
  /** Name by which the deployment knows it. */
  host: name,
  /** Where the agent dials instead, when the advertised name cannot be reached. */
  connectTo: name.optional(),
  tls: z.boolean().optional(),
  credentials: sealedCredentials.optional(),
  /** Added by a person (else found by discovery). */
  seed: z.boolean(),
});

/** Something the server asks of an agent, once; answered to agentRoutes.answers. Read-only by nature. */
export const agentOrder = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('doctor'), orderId: name, hostId: name }),
  z.object({ kind: z.literal('rawReplies'), orderId: name, hostId: name }),
]);

/** Long poll: `GET settings?version=N&waitSeconds=S` answers at once when the version differs or an order waits. */
export const settingsAnswer = z.object({
  version: z.number().int(),
  /** active polls; standby only keeps in touch; unneeded: the key was revoked for this kind. */
  role: z.enum(['active', 'standby']),
  /** Present when active: samples carry it. */
  epoch: z.number().int(),
  /** The lease ends at this many ms from now unless renewed by any request. */
  leaseMs: z.number().int(),
  intervalMs: z.number().int().min(1000).max(300_000),
  collectDatabases: z.boolean(),
  collectCollections: z.boolean(),
  targets: z.array(target),
  orders: z.array(agentOrder),
});

/** How a target looked at its last poll. */
export const hostReport = z.object({
  hostId: name,
  atMs: z.number(),
  reachable: z.boolean(),
  /** Why not, when not reachable, or what is missing. */
  problem: z.object({ code: name, message: z.string().max(2000), hint: z.string().max(4000) }).optional(),
  /** Since when the state above holds. */
  sinceMs: z.number().optional(),
  missedPolls: z.number().int().optional(),
  type: z.enum(['mongod', 'mongos', 'arbiter', 'unknown']).optional(),
  role: z
    .enum([
      'primary',
      'secondary',
      'arbiter',
      'hidden',
      'delayed',
      'recovering',
      'startup',
      'rollback',
      'removed',
      'standalone',
      'mongos',
      'unknown',
    ])
    .optional(),
  version: name.optional(),
  setName: name.optional(),
  /** settings.replicaSetId, 24 hex digits. */
  replicaSetId: name.optional(),
  clusterRole: z.enum(['shardsvr', 'configsvr']).optional(),
  /** What the process calls itself. */
  me: name.optional(),
  /** topologyVersion.processId: one per process run; the same through two names = an alias. */
  processId: name.optional(),
  startedAtMs: z.number().optional(),
  clockSkewMs: z.number().optional(),
  /** How samples are taken. */
  collection: z.enum(['diagnostic', 'commands', 'hello']).optional(),
  /** getDiagnosticData is older than three intervals. */
  stale: z.boolean().optional(),
});

export const memberReport = z.object({
  host: name,
  memberId: z.number().int(),
  state: z.number().int(),
  stateName: name,
  /** As seen by the reporting member: 1 up, 0 down. */
  health: z.number().int(),
  arbiterOnly: z.boolean(),
  hidden: z.boolean(),
  priority: z.number(),
  votes: z.number().int(),
  delaySeconds: z.number(),
  /** Applied optime's wall time, ms; absent when unknown. */
  appliedMs: z.number().optional(),
  /** The primary's applied optime minus this member's, minus its configured delay; null without a primary. */
  lagMs: z.number().nullable(),
  syncSource: z.string().max(400).optional(),
});
export const setReport = z.object({
  replicaSetId: name,
  name,
  term: z.number().int(),
  configVersion: z.number().int(),
  /** The host whose view this is. */
  reportedBy: name,
  members: z.array(memberReport).max(100),
  oplogFirstMs: z.number().optional(),
  oplogLastMs: z.number().optional(),
  oplogBytes: z.number().optional(),
  clusterRole: z.enum(['shardsvr', 'configsvr']).optional(),
  /** sharding: identity of the cluster, where known. */
  clusterId: name.optional(),
  shardName: name.optional(),
  /** The config servers of its cluster, as a shard names them. */
  configHosts: z.array(name).max(100).optional(),
});
export const clusterReport = z.object({
  clusterId: name,
  shards: z.array(z.object({ name, setName: name, hosts: z.array(name).max(100) })).max(2000),
  configSetName: name.optional(),
  mongos: z.array(z.object({ host: name, version: name.optional(), pingMs: z.number().optional() })).max(5000),
});

/** What a mongod said, as JSON: who writes or shows it calls himself for each level. */
const shallow = z.unknown().refine((value) => isShallow(value, 250), 'nested too deeply');

/** Rarely changing documents of a host, sent when they changed. JSON with secrets removed. */
export const hostDocument = z.object({
  hostId: name,
  kind: z.enum(['buildInfo', 'cmdLineOpts', 'startupWarnings', 'hostInfo', 'parameters']),
  atMs: z.number(),
  document: shallow,
});

/** Things that happened, as the agent noticed them. */
export const hostEvent = z.object({
  hostId: name.optional(),
  replicaSetId: name.optional(),
  atMs: z.number(),
  kind: z.enum([
    'restart',
    'election',
    'versionChange',
    'stateChange',
    'unreachable',
    'reachable',
    'memberAdded',
    'memberRemoved',
    'gap',
    'agentProblem',
  ]),
  message: z.string().max(2000),
  details: z.record(z.string(), shallow).optional(),
});

/** What an agent did since it was started; agents of before do not say it. */
export const agentWork = {
  sentBytes: z.number().optional(),
  polls: z.number().int().optional(),
  failedPolls: z.number().int().optional(),
};

/** Sent at every interval (only what changed in `documents` and `events`; hosts, sets and clusters in full). */
export const reportRequest = z.object({
  atMs: z.number(),
  hosts: z.array(hostReport).max(20_000),
  sets: z.array(setReport).max(5000),
  clusters: z.array(clusterReport).max(1000),
  documents: z.array(hostDocument).max(20_000),
  events: z.array(hostEvent).max(20_000),
  agent: z.object({
    cpuPercent: z.number(),
    rssBytes: z.number(),
    rssAnonBytes: z.number().optional(),
    outboxSamples: z.number().int(),
    outboxBytes: z.number(),
    startedAtMs: z.number(),
    ...agentWork,
  }),
});

/** Answer to samples, once they are durable. */
export const samplesAnswer = z.object({
  /** Runs that name these were not taken: send them again with their schemas. */
  missingSchemas: z.array(z.string()),
  appendedSamples: z.number().int(),
  /** Streams of hosts that are gone from the group: forget their samples. */
  unknownStreams: z.array(z.string()),
});

export const doctorStep = z.object({
  /** dns, tcp, tls, mongodb, version, auth, privileges, diagnosticData, replicaSet; for the server side: server, key. */
  step: name,
  title: z.string().max(200),
  state: z.enum(['waiting', 'running', 'ok', 'warn', 'failed', 'skipped']),
  message: z.string().max(4000),
  hint: z.string().max(8000).optional(),
  durationMs: z.number().optional(),
});
/** Doctor answers come once per step that changed, `done` on the last. */
export const answersRequest = z.object({
  orderId: name,
  done: z.boolean(),
  error: z.object({ code: name, message: z.string(), hint: z.string() }).optional(),
  doctor: z.array(doctorStep).optional(),
  rawReplies: z
    .array(z.object({ atMs: z.number(), reply: shallow }))
    .max(20)
    .optional(),
});

export type HelloRequest = z.infer<typeof helloRequest>;
export type HelloAnswer = z.infer<typeof helloAnswer>;
export type SealedCredentials = z.infer<typeof sealedCredentials>;
export type MongodbCredentials = z.infer<typeof mongodbCredentials>;
export type Target = z.infer<typeof target>;
export type AgentOrder = z.infer<typeof agentOrder>;
export type SettingsAnswer = z.infer<typeof settingsAnswer>;
export type HostReport = z.infer<typeof hostReport>;
export type MemberReport = z.infer<typeof memberReport>;
export type SetReport = z.infer<typeof setReport>;
export type ClusterReport = z.infer<typeof clusterReport>;
export type HostDocument = z.infer<typeof hostDocument>;
export type HostEvent = z.infer<typeof hostEvent>;
export type ReportRequest = z.infer<typeof reportRequest>;
export type SamplesAnswer = z.infer<typeof samplesAnswer>;
export type DoctorStep = z.infer<typeof doctorStep>;
export type AnswersRequest = z.infer<typeof answersRequest>;
