import { join } from 'node:path';
import { alertRoutes } from '../server/api/alerts.ts';
import { instanceRoutes } from '../server/api/instance.ts';
import { buildApp } from '../server/app.ts';
import { backupAgentRoutes } from '../server/backup/agent-routes.ts';
import type { Backups } from '../server/backup/backups.ts';
import { restoreStreamRoute } from '../server/backup/link-routes.ts';
import { backupRoutes } from '../server/backup/routes.ts';
import type { ServerContext } from '../server/context.ts';
import { downloadRoutes } from '../server/downloads/routes.ts';
import type { ExposureChecks } from '../server/exposure/exposure-checks.ts';
import { exposureRoutes } from '../server/exposure/routes.ts';
import type { Listeners } from '../server/http/listeners.ts';
import { mibRoute } from '../server/http/mib.ts';
import type { ServerApp } from '../server/http/server-app.ts';
import type { TrustedProxies } from '../server/http/trusted-proxies.ts';
import type { Alerting } from '../server/jobs/alerting.ts';
import { repositoryRoutes } from '../server/repositories/routes.ts';
import type { SqlDatabase } from '../storage/sqlite/database.ts';
import { createDownloadStore } from '../storage/sqlite/download-store.ts';
import { backupAgentSettings } from './backup-agent-settings.ts';
import { monitoringAgentSettings } from './monitoring-agent-settings.ts';

export interface AppParts {
  readonly options: { readonly dataDir: string; readonly agentExecutable?: string };
  readonly database: SqlDatabase;
  /** Undefined: without TLS. */
  readonly certificate: { readonly ca?: string | undefined } | undefined;
  readonly listeners: Listeners;
  readonly trusted: TrustedProxies | undefined;
  readonly alerting: Alerting;
  readonly backups: Backups;
  readonly exposure: ExposureChecks;
}

/** The HTTP server with the routes of all parts. */
export function makeApp(context: ServerContext, parts: AppParts): Promise<ServerApp> {
  const { options, database, certificate, listeners, trusted, alerting, backups, exposure } = parts;
  const downloads = downloadRoutes(context, {
    store: createDownloadStore(database),
    dataDir: options.dataDir,
    agentSettings: { monitoring: monitoringAgentSettings, backup: backupAgentSettings },
    serverCa: certificate?.ca,
    ...(options.agentExecutable === undefined ? {} : { executable: options.agentExecutable }),
  });
  return buildApp(context, {
    trustProxy: trusted,
    listeners,
    api: [
      (api) => alertRoutes(api, context, alerting),
      (api) => instanceRoutes(api, context),
      (api) => exposureRoutes(api, context, exposure),
      (api) => downloads.api(api),
      (api) => backupRoutes(api, backups),
    ],
    root: [
      mibRoute,
      (root) => downloads.root(root),
      (root) => restoreStreamRoute(root, backups),
      (root) => repositoryRoutes(root, context, join(options.dataDir, 'repositories')),
    ],
    agents: [(agents) => backupAgentRoutes(agents, backups)],
  });
}
