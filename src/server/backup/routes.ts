import type { ServerApp } from '../http/server-app.ts';
import type { Backups } from './backups.ts';
import { drillRoutes } from './drills/routes.ts';
import { restoreLinkRoutes } from './link-routes.ts';
import { queryRoutes } from './query-routes.ts';
import { backupSetRoutes } from './set-routes.ts';
import { snapshotRoutes } from './snapshot-routes.ts';
import { viewRoutes } from './view-routes.ts';

/** Backups under /api/v1. */
export function backupRoutes(app: ServerApp, backups: Backups): void {
  backupSetRoutes(app, backups);
  snapshotRoutes(app, backups);
  drillRoutes(app, backups);
  viewRoutes(app, backups);
  queryRoutes(app, backups);
  restoreLinkRoutes(app, backups);
}
