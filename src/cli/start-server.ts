import { join } from 'node:path';
import { metricCatalog } from '../model/metric-catalog.ts';
import { systemClock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { addLink } from '../server/access/accounts.ts';
import { openCredentialBox } from '../server/access/credential-box.ts';
import { type AdminAnswer, type AdminRequest, runAdminAction } from '../server/admin/admin-actions.ts';
import { listenForAdmin } from '../server/admin/admin-socket.ts';
import { AgentWork } from '../server/agents/agent-work.ts';
import { keepAuditLogShort } from '../server/audit/retention.ts';
import { createBackupFacts } from '../server/backup/alert-facts.ts';
import type { Backups } from '../server/backup/backups.ts';
import { scheduleDrills } from '../server/backup/drills/start-drill.ts';
import { tidyBackups } from '../server/backup/jobs.ts';
import type { ServerBase, ServerContext } from '../server/context.ts';
import { Fleet } from '../server/fleet/fleet.ts';
import {
  checkListenIsSafe,
  type ListenAddress,
  parseListenAddresses,
  textOf,
  urlOf,
} from '../server/http/listen-address.ts';
import { Listeners } from '../server/http/listeners.ts';
import { parseTrustedProxies, type TrustedProxies } from '../server/http/trusted-proxies.ts';
import { openInstance } from '../server/instance-settings/open-instance.ts';
import { watchAgents } from '../server/jobs/agent-watch.ts';
import { createAlerting } from '../server/jobs/alerting.ts';
import { keepCertificate } from '../server/jobs/certificate.ts';
import { removeExpiredLinks } from '../server/jobs/expiry.ts';
import { StreamHub } from '../server/live/stream-hub.ts';
import { openServerAddress } from '../server/server-address.ts';
import { certificateEnd } from '../server/tls/certificate-end.ts';
import { createAlertStore } from '../storage/sqlite/alert-store.ts';
import { type WatchedDatabase, watchDisk } from '../storage/sqlite/disk-watch.ts';
import { createInstanceStore } from '../storage/sqlite/instance-store.ts';
import { createMetadataStores } from '../storage/sqlite/metadata-stores.ts';
import { type AppParts, makeApp } from './make-app.ts';
import type { MasterKeySource } from './master-key.ts';
import { openBackups } from './open-backups.ts';
import { openExposure } from './open-exposure.ts';
import { openMetrics } from './open-metrics.ts';
import { openDataDir } from './open-stores.ts';
import { certificateFor, certificateStamp } from './server-certificate.ts';

export interface ServerOptions {
  readonly dataDir: string;
  /** HOST:PORT or unix:/path each; port 0 takes a free one. */
  readonly listen: string | readonly string[];
  readonly log: Log;
  /** Wins over what was typed on a page. */
  readonly publicUrl?: string | undefined;
  readonly tls?: 'off' | 'auto' | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** `1.2` or `1.3`. */
  readonly tlsMinVersion?: string | undefined;
  /** Addresses and networks of the proxies that stand before it. */
  readonly trustProxy?: readonly string[] | undefined;
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
  /** Where a browser on this machine reaches it. */
  readonly url: string;
  /** Every address, as in the settings. */
  readonly listens: readonly string[];
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
  const addresses = parseListenAddresses(typeof options.listen === 'string' ? [options.listen] : options.listen);
  const trusted = parseTrustedProxies(options.trustProxy ?? []);
  const wanted = options.tls === 'auto' || options.tlsCert !== undefined;
  const { insecureHttp = false } = options;
  checkListenIsSafe(addresses, { tls: wanted, behindProxy: trusted !== undefined, insecureHttp });
  const secure = wanted && addresses.some(({ kind }) => kind === 'tcp');
  const closings: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closings.splice(0).toReversed()) await step();
  };
  try {
    return await start({ options, addresses, trusted, secure, closings, close });
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

interface Start {
  readonly options: ServerOptions;
  readonly addresses: readonly ListenAddress[];
  readonly trusted: TrustedProxies | undefined;
  readonly secure: boolean;
  /** Run from the last to the first. */
  readonly closings: (() => Promise<void>)[];
  readonly close: () => Promise<void>;
}

async function start({ options, addresses, trusted, secure, closings, close }: Start): Promise<RunningServer> {
  const { log, dataDir } = options;
  const database = watchDisk(await openDataDir(dataDir), systemClock);
  closings.push(() => database.close());
  let url = urlOf(addresses, secure);
  const { base, stopping } = await openBase(options, database, closings, () => url);
  const { stores, clock, address } = base;
  let current = options;
  const readCertificate = () => certificateFor(current, addresses, address.isSet() ? address.publicUrl() : undefined);
  const certificate = secure ? await readCertificate() : undefined;
  let served = certificate;
  const listeners = new Listeners(certificate);
  const backups = await openBackups(base, database, options);
  closings.push(() => backups.vault.close());
  const alerting = createAlerting({
    ...base,
    store: createAlertStore(database),
    backups: createBackupFacts(backups),
    certificate: () => (served === undefined ? null : certificateEnd(served.cert, options.tls === 'auto')),
  });
  const { heldBy, use } = backups;
  const context = { ...base, openAlerts: alerting.openAlerts, backupHeldBy: heldBy, backupUse: use };
  const exposure = await openExposure(context, database);
  const parts = { options, database, certificate, listeners, trusted, alerting, backups, exposure };
  const app = await makeApp(context, parts);
  closings.push(() => app.close());
  const bound = await listeners.listen(app, addresses);
  url = urlOf(bound, secure);
  const reloadCertificate = async (): Promise<void> => {
    const fresh = await readCertificate();
    if (fresh === undefined) return;
    listeners.setCertificate(fresh);
    served = fresh;
  };
  const certificateJob = { reload: reloadCertificate, stamp: () => certificateStamp(current) };
  closings.push(startJobs(context, parts, certificateJob, stopping));
  const endStreams = (id: string) => context.hub.endWhere(({ userId }) => userId === id);
  const admin = (request: AdminRequest) =>
    runAdminAction({ stores, clock, url: async () => address.publicUrl(), endStreams }, request);
  await openAdminSocket(dataDir, admin, closings, log);
  return {
    url,
    listens: bound.map(textOf),
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

/** What goes on by itself. Gives back what ends it. */
function startJobs(
  context: ServerContext,
  { alerting, exposure, backups }: Pick<AppParts, 'alerting' | 'exposure' | 'backups'>,
  certificateJob: Parameters<typeof keepCertificate>[1],
  stopping: AbortController,
): () => Promise<void> {
  const jobs = Promise.all([
    alerting.run(stopping.signal),
    exposure.run(stopping.signal),
    removeExpiredLinks(context),
    keepAuditLogShort(context),
    watchAgents(context),
    tidyBackups(backups),
    scheduleDrills(backups),
    keepCertificate(context, certificateJob),
  ]);
  return async () => {
    stopping.abort(new Error('the server stops'));
    await jobs;
  };
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
  const box = await openCredentialBox(options.credentialKeyFile ?? join(dataDir, 'keys', 'credentials.key'));
  const base = {
    clock,
    log,
    stores,
    metrics,
    catalog: metricCatalog,
    fleet: new Fleet(stores, clock),
    hub: new StreamHub(),
    work: new AgentWork(clock),
    box,
    ...openInstance(createInstanceStore(database), box),
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

async function signInLink(context: ServerContext, email: string): Promise<string> {
  const user = await context.stores.accounts.userByEmail(email);
  if (user === undefined) throw new AppError('NOT_FOUND', `there is no account ${email}`);
  const { token } = await addLink(context, 'sign-in', user.id);
  return `${context.address.publicUrl()}/sign-in/${token}`;
}
