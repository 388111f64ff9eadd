import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { LightMyRequestResponse } from 'fastify';
import { backupAgentSettings } from '../../src/cli/backup-agent-settings.ts';
import { makeApp } from '../../src/cli/make-app.ts';
import { monitoringAgentSettings } from '../../src/cli/monitoring-agent-settings.ts';
import { openExposure } from '../../src/cli/open-exposure.ts';
import type { AppendAnswer, AppendLease, MetricsEngine } from '../../src/metrics/ports.ts';
import { metricCatalog } from '../../src/model/metric-catalog.ts';
import type { SamplesMessage } from '../../src/model/sample.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { addAgentKey, addApiToken, newGroup } from '../../src/server/access/accounts.ts';
import { openCredentialBox } from '../../src/server/access/credential-box.ts';
import { AgentWork } from '../../src/server/agents/agent-work.ts';
import { alertRoutes } from '../../src/server/api/alerts.ts';
import { instanceRoutes } from '../../src/server/api/instance.ts';
import { buildApp } from '../../src/server/app.ts';
import { createBackupFacts } from '../../src/server/backup/alert-facts.ts';
import { Backups } from '../../src/server/backup/backups.ts';
import type { RestoreStream } from '../../src/server/backup/ports.ts';
import type { OpenAlert, ServerContext } from '../../src/server/context.ts';
import { downloadRoutes } from '../../src/server/downloads/routes.ts';
import type { ExposureChecks } from '../../src/server/exposure/exposure-checks.ts';
import type { ProbeWays } from '../../src/server/exposure/probe.ts';
import { exposureRoutes } from '../../src/server/exposure/routes.ts';
import { Fleet } from '../../src/server/fleet/fleet.ts';
import { type ConnectionLimits, Listeners } from '../../src/server/http/listeners.ts';
import { mibRoute } from '../../src/server/http/mib.ts';
import type { ServerApp } from '../../src/server/http/server-app.ts';
import { parseTrustedProxies } from '../../src/server/http/trusted-proxies.ts';
import { openInstance } from '../../src/server/instance-settings/open-instance.ts';
import { createAlerting } from '../../src/server/jobs/alerting.ts';
import { StreamHub } from '../../src/server/live/stream-hub.ts';
import { newId } from '../../src/server/new-id.ts';
import { openServerAddress } from '../../src/server/server-address.ts';
import { alertMigrations } from '../../src/storage/sqlite/alert-migrations.ts';
import { createAlertStore } from '../../src/storage/sqlite/alert-store.ts';
import { auditMigrations } from '../../src/storage/sqlite/audit-migrations.ts';
import type { SqlDatabase, SqlRow } from '../../src/storage/sqlite/database.ts';
import { downloadMigrations } from '../../src/storage/sqlite/download-migrations.ts';
import { createDownloadStore } from '../../src/storage/sqlite/download-store.ts';
import { createDrillStore } from '../../src/storage/sqlite/drill-store.ts';
import { exposureMigrations } from '../../src/storage/sqlite/exposure-migrations.ts';
import { instanceMigrations } from '../../src/storage/sqlite/instance-migrations.ts';
import { createInstanceStore } from '../../src/storage/sqlite/instance-store.ts';
import { metadataMigrations } from '../../src/storage/sqlite/metadata-migrations.ts';
import { createMetadataStores } from '../../src/storage/sqlite/metadata-stores.ts';
import { createHoldStore, createLinkStore } from '../../src/storage/sqlite/restore-link-store.ts';
import { createSetLeaseStore } from '../../src/storage/sqlite/set-lease-store.ts';
import { signInMigrations } from '../../src/storage/sqlite/sign-in-migrations.ts';
import type { VaultService } from '../../src/vault/ports.ts';
import { agentHeaders } from '../../src/wire/protocol.ts';
import { leavesAnEvent } from './audited-routes.ts';
import { tempDir } from './temp-dir.ts';

/** The real metadata SQL on a database in memory, without threads: fast enough for unit tests. */
export function memoryDatabase(): SqlDatabase {
  const database = new DatabaseSync(':memory:');
  const steps = [
    ...metadataMigrations,
    ...alertMigrations,
    ...downloadMigrations,
    ...auditMigrations,
    ...signInMigrations,
    ...instanceMigrations,
    ...exposureMigrations,
  ];
  for (const step of steps) for (const sql of step) database.exec(sql);
  const known = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const statement = known.get(sql) ?? database.prepare(sql);
    known.set(sql, statement);
    return statement;
  };
  return {
    async write(statements) {
      database.exec('BEGIN');
      try {
        const results = statements.map(({ sql, params = [] }) => {
          const statement = prepared(sql);
          if (/\bRETURNING\b/.test(sql)) {
            const rows = statement.all(...params) as SqlRow[];
            return { changes: rows.length, rows };
          }
          return { changes: Number(statement.run(...params).changes), rows: [] };
        });
        database.exec('COMMIT');
        return results;
      } catch (thrown) {
        database.exec('ROLLBACK');
        throw thrown;
      }
    },
    read: async (sql, params = []) => prepared(sql).all(...params) as SqlRow[],
    close: async () => database.close(),
  };
}

/** Notes what it is given and answers what it is told to. */
export class RecordingMetrics implements MetricsEngine {
  readonly appended: { groupId: string; message: SamplesMessage; lease: AppendLease }[] = [];
  readonly removed: string[] = [];
  missing: string[] = [];

  async append(groupId: string, message: SamplesMessage, lease: AppendLease): Promise<AppendAnswer> {
    this.appended.push({ groupId, message, lease });
    const appendedSamples = message.runs.reduce((sum, run) => sum + run.times.length, 0);
    return { missingSchemas: this.missing, appendedSamples };
  }
  async series() {
    return [];
  }
  async metrics() {
    return [];
  }
  async latest() {
    return new Map();
  }
  async gaps() {
    return [];
  }
  async use() {
    return { bytes: 0, levels: [], forecastBytes: null };
  }
  async setRetention(): Promise<void> {}
  async removeStream(_groupId: string, stream: string): Promise<void> {
    this.removed.push(stream);
  }
  async close(): Promise<void> {}
}

export interface ServerFixture extends AsyncDisposable {
  readonly app: ServerApp;
  readonly dataDir: string;
  readonly context: ServerContext;
  readonly metrics: RecordingMetrics;
  /** Moves the server's clock. */
  readonly clock: Clock & { ms: number };
  readonly alerts: OpenAlert[];
  /** Steps when it is told to. */
  readonly exposure: ExposureChecks;
  /** As a server that starts on the same database would have it. */
  reopenExposure(): Promise<ExposureChecks>;
  /** One look of the alert engine at all groups. */
  look(): Promise<void>;
}

interface FixtureSettings {
  /** With it the routes of backup are there too. */
  readonly vault?: VaultService;
  readonly stream?: RestoreStream;
  readonly approveAgents?: boolean;
  readonly limits?: ConnectionLimits;
  /** With a vault: whose X-Forwarded-… headers are believed. */
  readonly trustProxy?: readonly string[];
  /** How the check for exposed hosts reaches the world. */
  readonly exposureWays?: ProbeWays;
}

export async function startFixture(settings: FixtureSettings = {}): Promise<ServerFixture> {
  const dir = tempDir('server');
  const clock = { ms: 1_800_000_000_000, now: () => clock.ms };
  const database = memoryDatabase();
  const stores = createMetadataStores(database);
  const metrics = new RecordingMetrics();
  const alerts: OpenAlert[] = [];
  const stopping = new AbortController();
  const box = await openCredentialBox(dir.file('keys/credentials.key'));
  const context: ServerContext = {
    clock,
    log: silentLog,
    stores,
    metrics,
    catalog: metricCatalog,
    fleet: new Fleet(stores, clock),
    hub: new StreamHub(),
    work: new AgentWork(clock),
    box,
    ...openInstance(createInstanceStore(database), box),
    address: await openServerAddress({
      groups: stores.groups,
      fixed: undefined,
      listening: () => 'http://127.0.0.1:8080',
      tls: false,
    }),
    approveAgents: settings.approveAgents ?? false,
    openAlerts: () => alerts,
    backupHeldBy: async (groupId, agentId) => backups?.heldBy(groupId, agentId) ?? [],
    backupUse: async (groupId) => backups?.use(groupId) ?? { sets: 0, bytes: 0 },
    diskFullSinceMs: () => null,
    signal: stopping.signal,
  };
  const { vault, stream = noStream } = settings;
  const leases = createSetLeaseStore(database);
  const backups: Backups | undefined =
    vault === undefined
      ? undefined
      : new Backups(context, {
          vault,
          leases,
          drills: createDrillStore(database),
          stream,
          links: { store: createLinkStore(database), known: await createLinkStore(database).links() },
          holds: createHoldStore(database),
        });
  const alerting = createAlerting({
    ...context,
    store: createAlertStore(database),
    ...(backups === undefined ? {} : { backups: createBackupFacts(backups) }),
  });
  const exposure = await openExposure(context, database, settings.exposureWays);
  const listeners = new Listeners(undefined, settings.limits);
  const options = { dataDir: dir.path };
  const app =
    backups === undefined
      ? await withoutBackups(context, { alerting, exposure, listeners, database, options })
      : await makeApp(context, {
          ...{ options, database, listeners, alerting, exposure, backups },
          certificate: undefined,
          trusted: parseTrustedProxies(settings.trustProxy ?? []),
        });
  await app.ready();
  return {
    app,
    dataDir: dir.path,
    context,
    metrics,
    clock,
    alerts,
    exposure,
    reopenExposure: () => openExposure(context, database, settings.exposureWays),
    look: () => alerting.engine.lookAtAll(),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await app.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

type AppParts = Parameters<typeof makeApp>[1];

/** For tests that need no vault. */
function withoutBackups(
  context: ServerContext,
  {
    alerting,
    exposure,
    listeners,
    database,
    options,
  }: Pick<AppParts, 'alerting' | 'exposure' | 'listeners' | 'database' | 'options'>,
): Promise<ServerApp> {
  const downloads = downloadRoutes(context, {
    store: createDownloadStore(database),
    dataDir: options.dataDir,
    agentSettings: { monitoring: monitoringAgentSettings, backup: backupAgentSettings },
  });
  return buildApp(context, {
    trustProxy: undefined,
    listeners,
    api: [
      (routes) => alertRoutes(routes, context, alerting),
      (routes) => instanceRoutes(routes, context),
      (routes) => exposureRoutes(routes, context, exposure),
      (routes) => downloads.api(routes),
    ],
    root: [mibRoute, (routes) => downloads.root(routes)],
  });
}

const noStream: RestoreStream = () => {
  throw new Error('this fixture was given no stream');
};

export interface TestGroup {
  readonly id: string;
  readonly token: string;
  readonly tokenId: string;
  readonly agentKey: string;
  readonly agentKeyId: string;
}

export async function addGroup({ context }: ServerFixture, name: string): Promise<TestGroup> {
  const group = newGroup(name, context.clock.now());
  await context.stores.groups.addGroup(group, newId('u'));
  const { secret: token, token: tokenRecord } = await addApiToken(context, group.id, 'test', ['owner']);
  const { secret: agentKey, key } = await addAgentKey(context, group.id, 'test', 'both');
  return { id: group.id, token, tokenId: tokenRecord.id, agentKey, agentKeyId: key.id };
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** An API request with a group's token. What succeeds must be in the audit log, unless it is on the list of exceptions. */
export async function api(
  { app, context }: ServerFixture,
  group: TestGroup,
  method: Method,
  path: string,
  body?: object,
): Promise<LightMyRequestResponse> {
  const before = (await context.stores.audit.head()).sequence;
  const reply = await app.inject({
    method,
    url: `/api/v1${path}`,
    headers: { authorization: `Bearer ${group.token}` },
    ...(body === undefined ? {} : { payload: body }),
  });
  if (reply.statusCode < 300 && leavesAnEvent(method, path)) {
    const { sequence } = await context.stores.audit.head();
    assert.ok(sequence > before, `${method} ${path} left no event in the audit log`);
  }
  return reply;
}

export interface TestAgent {
  readonly id: string;
  readonly instanceId: string;
  readonly group: TestGroup;
}

export function newAgent(group: TestGroup, id = `a_${randomBytes(12).toString('hex')}`): TestAgent {
  return { id, instanceId: randomBytes(16).toString('hex'), group };
}

export function agentHeadersOf(agent: TestAgent): Record<string, string> {
  return {
    authorization: `Bearer ${agent.group.agentKey}`,
    [agentHeaders.protocol]: '1.0',
    [agentHeaders.group]: agent.group.id,
    [agentHeaders.agent]: agent.id,
    [agentHeaders.instance]: agent.instanceId,
  };
}

export async function hello(
  { app }: ServerFixture,
  agent: TestAgent,
  changes: Record<string, unknown> = {},
): Promise<LightMyRequestResponse> {
  return app.inject({
    method: 'POST',
    url: '/agent/v1/hello',
    headers: { ...agentHeadersOf(agent), 'content-type': 'application/json' },
    payload: {
      kind: 'monitoring',
      agentId: agent.id,
      instanceId: agent.instanceId,
      hostname: 'mon1',
      version: '0.1.0',
      target: 'linux-x64',
      publicKey: randomBytes(32).toString('base64'),
      pid: 1,
      ...changes,
    },
  });
}

export async function settingsOf(
  { app }: ServerFixture,
  agent: TestAgent,
  version = 0,
  waitSeconds = 0,
): Promise<LightMyRequestResponse> {
  return app.inject({
    method: 'GET',
    url: `/agent/v1/settings?version=${version}&waitSeconds=${waitSeconds}`,
    headers: agentHeadersOf(agent),
  });
}

/** A report with nothing in it but what is given. */
export function reportBody(atMs: number, parts: Record<string, unknown> = {}): Record<string, unknown> {
  const agent = { cpuPercent: 1, rssBytes: 5e7, outboxSamples: 0, outboxBytes: 0, startedAtMs: atMs };
  return { atMs, hosts: [], sets: [], clusters: [], documents: [], events: [], agent, ...parts };
}

export async function send(
  { app }: ServerFixture,
  agent: TestAgent,
  message: 'report' | 'answers',
  body: object,
): Promise<void> {
  const reply = await app.inject({
    method: 'POST',
    url: `/agent/v1/${message}`,
    headers: { ...agentHeadersOf(agent), 'content-type': 'application/json' },
    payload: body,
  });
  assert.equal(reply.statusCode, 200, reply.body);
}
