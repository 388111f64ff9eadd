import { join } from 'node:path';
import { Server as TlsServer } from 'node:tls';
import { metricCatalog } from '../model/metric-catalog.ts';
import { systemClock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { addLink } from '../server/access/accounts.ts';
import { openCredentialBox } from '../server/access/credential-box.ts';
import { type AdminAnswer, type AdminRequest, runAdminAction } from '../server/admin/admin-actions.ts';
import { listenForAdmin } from '../server/admin/admin-socket.ts';
import { AgentWork } from '../server/agents/agent-work.ts';
import { alertRoutes } from '../server/api/alerts.ts';
import { buildApp } from '../server/app.ts';
import { backupAgentRoutes } from '../server/backup/agent-routes.ts';
import { createBackupFacts } from '../server/backup/alert-facts.ts';
import type { Backups } from '../server/backup/backups.ts';
import { scheduleDrills } from '../server/backup/drills/start-drill.ts';
import { tidyBackups } from '../server/backup/jobs.ts';
import { restoreStreamRoute } from '../server/backup/link-routes.ts';
import { backupRoutes } from '../server/backup/routes.ts';
import type { ServerBase, ServerContext } from '../server/context.ts';
import { downloadRoutes } from '../server/downloads/routes.ts';
import { Fleet } from '../server/fleet/fleet.ts';
import {
  checkListenIsSafe,
  type ListenAddress,
  ownNames,
  parseListenAddress,
  urlOf,
} from '../server/http/listen-address.ts';
import type { ServerApp } from '../server/http/server-app.ts';
import { watchAgents } from '../server/jobs/agent-watch.ts';
import { type Alerting, createAlerting } from '../server/jobs/alerting.ts';
import { keepCertificate } from '../server/jobs/certificate.ts';
import { removeExpiredLinks } from '../server/jobs/expiry.ts';
import { StreamHub } from '../server/live/stream-hub.ts';
import { repositoryRoutes } from '../server/repositories/routes.ts';
import { openServerAddress } from '../server/server-address.ts';
import { autoCertificate, type ServerCertificate } from '../server/tls/auto-certificate.ts';
import { loadCertificate } from '../server/tls/load-certificate.ts';
import { createAlertStore } from '../storage/sqlite/alert-store.ts';
import { type WatchedDatabase, watchDisk } from '../storage/sqlite/disk-watch.ts';
import { createDownloadStore } from '../storage/sqlite/download-store.ts';
import { createMetadataStores } from '../storage/sqlite/metadata-stores.ts';
import { backupAgentSettings } from './backup-agent-settings.ts';
import type { MasterKeySource } from './master-key.ts';
import { monitoringAgentSettings } from './monitoring-agent-settings.ts';
import { openBackups } from './open-backups.ts';
import { openMetrics } from './open-metrics.ts';
import { openDataDir } from './open-stores.ts';

export interface ServerOptions {
  readonly dataDir: string;
  /** HOST:PORT; port 0 takes a free one. */
  readonly listen: string;
  readonly log: Log;
  /** Wins over what was typed on a page. */
  readonly publicUrl?: string | undefined;
  readonly tls?: 'off' | 'auto' | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly trustProxy?: boolean;
  readonly insecureHttp?: boolean;
  readonly credentialKeyFile?: string | undefined;
  /** Not given: backups rest unencrypted. */
  readonly masterKey?: MasterKeySource;
  /** Server and agent are one program (up, demo): agents need no owner's word. */
  readonly approveAgents?: boolean;
  /** What agents' archives hold; default: the executable that runs this. */
  readonly agentExecutable?: string;
}

/** What a running server takes over when its settings are read again. */
export type ReloadedOptions = Pick<ServerOptions, 'publicUrl' | 'tlsCert' | 'tlsKey'>;

export interface RunningServer {
  /** Where it listens. */
  readonly url: string;
  /** Where links lead. */
  publicUrl(): string;
  readonly context: ServerContext;
  readonly backups: Backups;
  /** PEM that agents have to trust, where the server made its own CA. */
  readonly ca: string | undefined;
  /** What `leafward admin` can do. */
  admin(request: AdminRequest): Promise<AdminAnswer>;
  /** A link that signs in once, within ten minutes; default: the account that was made first. @throws NOT_FOUND */
  signInLink(email: string): Promise<string>;
  /** Takes over what can change while it runs; the certificate is read again, connections that are open keep theirs. */
  reload(changed: ReloadedOptions): Promise<void>;
  /** Requests in flight are answered, then the stores close. */
  close(): Promise<void>;
}

/** Opens the data directory and listens. @throws what the settings, the store or the network do not allow */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const listen = parseListenAddress(options.listen);
  const { tls = 'off', trustProxy = false, insecureHttp = false } = options;
  const secure = tls === 'auto' || options.tlsCert !== undefined;
  checkListenIsSafe(listen, { tls: secure, trustProxy, insecureHttp });
  const closings: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closings.splice(0).toReversed()) await step();
  };
  try {
    return await start({ options, listen, secure, closings, close });
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

interface Start {
  readonly options: ServerOptions;
  readonly listen: ListenAddress;
  readonly secure: boolean;
  /** Run from the last to the first. */
  readonly closings: (() => Promise<void>)[];
  readonly close: () => Promise<void>;
}

async function start({ options, listen, secure, closings, close }: Start): Promise<RunningServer> {
  const { log, dataDir } = options;
  const database = watchDisk(await openDataDir(dataDir), systemClock);
  closings.push(() => database.close());
  let url = urlOf(listen, secure);
  const { base, stopping } = await openBase(options, database, closings, () => url);
  const { stores, clock, address } = base;
  let current = options;
  const readCertificate = () => certificateFor(current, listen, address.isSet() ? address.publicUrl() : undefined);
  const certificate = await readCertificate();
  const backups = await openBackups(base, database, options);
  closings.push(() => backups.vault.close());
  const alerting = createAlerting({
    ...base,
    store: createAlertStore(database),
    backups: createBackupFacts(backups),
  });
  const context = { ...base, openAlerts: alerting.openAlerts, backupHeldBy: backups.heldBy };
  const app = await makeApp(context, { options, database, certificate, alerting, backups });
  closings.push(() => app.close());
  url = urlOf({ ...listen, port: await listenOn(app, listen) }, secure);
  const reloadCertificate = async (): Promise<void> => {
    const fresh = await readCertificate();
    if (fresh !== undefined && app.server instanceof TlsServer) app.server.setSecureContext(fresh);
  };
  const jobs = Promise.all([
    alerting.run(stopping.signal),
    removeExpiredLinks(context),
    watchAgents(context),
    tidyBackups(backups),
    scheduleDrills(backups),
    keepCertificate(context, reloadCertificate),
  ]);
  closings.push(async () => {
    stopping.abort(new Error('the server stops'));
    await jobs;
  });
  const admin = (request: AdminRequest) =>
    runAdminAction({ stores, clock, url: async () => address.publicUrl() }, request);
  await openAdminSocket(dataDir, admin, closings, log);
  return {
    url,
    publicUrl: () => address.publicUrl(),
    context,
    backups,
    ca: certificate?.ca,
    admin,
    signInLink: (email) => signInLink(context, email),
    async reload(changed) {
      if (secure === (changed.tlsCert !== undefined || options.tls === 'auto')) current = { ...options, ...changed };
      address.setFixed(changed.publicUrl);
      await reloadCertificate();
    },
    close,
  };
}

interface AppParts {
  readonly options: ServerOptions;
  readonly database: WatchedDatabase;
  readonly certificate: Awaited<ReturnType<typeof certificateFor>>;
  readonly alerting: Alerting;
  readonly backups: Backups;
}

/** The routes of all parts. */
function makeApp(context: ServerContext, parts: AppParts): Promise<ServerApp> {
  const { options, database, certificate, alerting, backups } = parts;
  const downloads = downloadRoutes(context, {
    store: createDownloadStore(database),
    dataDir: options.dataDir,
    agentSettings: { monitoring: monitoringAgentSettings, backup: backupAgentSettings },
    serverCa: certificate?.ca,
    ...(options.agentExecutable === undefined ? {} : { executable: options.agentExecutable }),
  });
  return buildApp(context, {
    tls: certificate,
    trustProxy: options.trustProxy ?? false,
    api: [
      (api) => alertRoutes(api, context, alerting),
      (api) => downloads.api(api),
      (api) => backupRoutes(api, backups),
    ],
    root: [
      (root) => downloads.root(root),
      (root) => restoreStreamRoute(root, backups),
      (root) => repositoryRoutes(root, context, join(options.dataDir, 'repositories')),
    ],
    agents: [(agents) => backupAgentRoutes(agents, backups)],
  });
}

/** All of the context but the alerts, which are made from it. */
async function openBase(
  options: ServerOptions,
  database: WatchedDatabase,
  closings: (() => Promise<void>)[],
  listening: () => string,
): Promise<{ base: ServerBase; stopping: AbortController }> {
  const { log, dataDir, publicUrl: fixed, tls, tlsCert } = options;
  const clock = systemClock;
  const stores = createMetadataStores(database);
  const metrics = await openMetrics(database, stores.groups, log);
  closings.push(() => metrics.close());
  const stopping = new AbortController();
  closings.push(async () => stopping.abort(new Error('the server stops')));
  const secure = tls === 'auto' || tlsCert !== undefined;
  const base = {
    clock,
    log,
    stores,
    metrics,
    catalog: metricCatalog,
    fleet: new Fleet(stores, clock),
    hub: new StreamHub(),
    work: new AgentWork(clock),
    box: await openCredentialBox(options.credentialKeyFile ?? join(dataDir, 'keys', 'credentials.key')),
    address: await openServerAddress({ groups: stores.groups, fixed, listening, tls: secure }),
    approveAgents: options.approveAgents ?? false,
    diskFullSinceMs: () => database.fullSinceMs(),
    signal: stopping.signal,
  };
  return { base, stopping };
}

async function openAdminSocket(
  dataDir: string,
  admin: (request: AdminRequest) => Promise<AdminAnswer>,
  closings: (() => Promise<void>)[],
  log: Log,
): Promise<void> {
  const closeSocket = await listenForAdmin(dataDir, admin);
  if (closeSocket !== undefined) closings.push(closeSocket);
  else {
    log.warn(
      'the path of the data directory is too long for the admin socket: leafward admin works only while the server is stopped',
    );
  }
}

async function listenOn(app: ServerApp, { host, port }: ListenAddress): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      throw new AppError('ADDRESS_IN_USE', `${host}:${port} is in use`, { cause });
    }
    throw new AppError(
      'SETTINGS_INVALID',
      `cannot listen on ${host}:${port}: ${cause instanceof Error ? cause.message : ''}`,
      {
        cause,
        hint: 'Choose an address of this machine and a port above 1023: --listen HOST:PORT.',
      },
    );
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

async function certificateFor(
  options: ServerOptions,
  listen: ListenAddress,
  publicUrl: string | undefined,
): Promise<{ key: string; cert: string; ca?: string } | undefined> {
  const { tls = 'off', tlsCert, tlsKey, dataDir } = options;
  if (tlsCert !== undefined || tlsKey !== undefined) {
    if (tls === 'auto') throw new AppError('SETTINGS_INVALID', 'tls = auto and tlsCert exclude each other');
    return loadCertificate(tlsCert, tlsKey);
  }
  if (tls === 'off') return undefined;
  const made: ServerCertificate = await autoCertificate(join(dataDir, 'tls'), ownNames(listen, publicUrl), Date.now());
  return made;
}

async function signInLink(context: ServerContext, email: string): Promise<string> {
  const user = await context.stores.accounts.userByEmail(email);
  if (user === undefined) throw new AppError('NOT_FOUND', `there is no account ${email}`);
  const { token } = await addLink(context, 'sign-in', user.id);
  return `${context.address.publicUrl()}/sign-in/${token}`;
}
