/**
 * Agent protocol version, sent by agents as `leafward-protocol: MAJOR.MINOR`. A server accepts its own minor version and the
 * two before it; everything else is PROTOCOL_UNSUPPORTED. Recorded frames of accepted versions are in test/golden/wire.
 */
export const protocolVersion = { major: 1, minor: 0 } as const;

/**
 * Requests carry `authorization: Bearer lfw_…` and the headers below. Bodies may be zstd (`content-encoding: zstd`).
 * Answers are JSON; errors are `problem` bodies. 401 KEY_REFUSED: the key is wrong, revoked or of another group.
 * 409 AGENT_DUPLICATE: a newer process said hello with this agentId. 404 on `agent`: say hello (again) first.
 */
export const agentRoutes = {
  hello: '/agent/v1/hello',
  settings: '/agent/v1/settings',
  samples: '/agent/v1/samples',
  report: '/agent/v1/report',
  answers: '/agent/v1/answers',
  backupTasks: '/agent/v1/backup/tasks',
  backupReport: '/agent/v1/backup/report',
  /** POST without a body: the agent stops; its sets go to another one at once. */
  backupLeave: '/agent/v1/backup/leave',
  slices: '/agent/v1/backup/slices',
  scanBegin: '/agent/v1/backup/scan/begin',
  scanPlan: '/agent/v1/backup/scan/plan',
  scanBlocks: '/agent/v1/backup/scan/blocks',
  scanHave: '/agent/v1/backup/scan/have',
  scanFinish: '/agent/v1/backup/scan/finish',
  drillView: '/agent/v1/backup/drill/view',
  /** GET; docs/formats/view-chunks.md */
  drillChunks: '/agent/v1/backup/drill/chunks',
  drillProgress: '/agent/v1/backup/drill/progress',
  drillResult: '/agent/v1/backup/drill/result',
} as const;

/** Of an answer to an API token in its last seven days: when it expires (ISO 8601). */
export const tokenExpiresHeader = 'leafward-token-expires';

export const agentHeaders = {
  protocol: 'leafward-protocol',
  group: 'leafward-group',
  agent: 'leafward-agent',
  /** The process' instanceId of its hello, on every request: tells two processes with one identity apart. Without it a GET of
   * settings is a visit (doctor): answered at once, no lease, no orders, no agent. */
  instance: 'leafward-instance',
  /** Lease epoch under which samples were taken. */
  epoch: 'leafward-epoch',
  /** Agent's clock when it sent, ms since 1970: lets the server measure skew. */
  sentAt: 'leafward-sent-at',
} as const;

export const bodyLimits = {
  /** Largest request body as sent. */
  compressedBytes: 16 * 2 ** 20,
  /** Largest body after zstd. */
  decompressedBytes: 64 * 2 ** 20,
  /** Largest envelope of blocks or slices (backup-envelope.ts): they are compressed inside, and travel as they are. */
  envelopeBytes: 24 * 2 ** 20,
} as const;
