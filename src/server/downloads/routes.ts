import { join } from 'node:path';
import { buildInfo } from '../../runtime/build-info.ts';
import { periodic } from '../../runtime/periodic.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import { downloadApiRoutes } from './api-routes.ts';
import { archiveRoutes } from './archive-routes.ts';
import { ArtifactFolders, artifactFolders } from './artifact-folder.ts';
import { DownloadLinks } from './download-links.ts';
import type { DownloadParts, Downloads } from './downloads.ts';
import { ExecutableSource, ownExecutable } from './executable-source.ts';
import { ProgramSource } from './program-source.ts';
import { ArchiveSender } from './send-archive.ts';
import { ownTarget } from './target.ts';

export interface DownloadRoutes {
  /** Under /api/v1. */
  api(app: ServerApp): void;
  /** At the top: /settings/… */
  root(app: ServerApp): void;
}

/** The ready moment of the server comes before the archives are prepared. */
const prepareAfterMs = 1500;
const expiryEveryMs = 600_000;

/** Archives of the agents. Starts to prepare them in the background, and ends with the context's signal. */
export function downloadRoutes(context: ServerContext, parts: DownloadParts): DownloadRoutes {
  const { log, signal } = context;
  const links = new DownloadLinks(context, parts.store);
  const path = parts.executable ?? ownExecutable();
  const own = new ExecutableSource({ path, cacheDir: join(parts.dataDir, 'cache'), log, signal });
  const artifacts = new ArtifactFolders(artifactFolders(parts.dataDir));
  const programs = new ProgramSource({ own, ownTarget: ownTarget(), artifacts, version: buildInfo.version, signal });
  const timer = setTimeout(() => programs.prepareInBackground(), prepareAfterMs);
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  void periodic(() => links.closeExpired(), {
    intervalMs: expiryEveryMs,
    firstDelayMs: prepareAfterMs,
    signal,
    onError: (thrown) => log.warn('expired download links cannot be closed', { error: String(thrown) }),
  });
  const downloads: Downloads = { context, parts, links, own, programs, sender: new ArchiveSender() };
  return { api: (app) => downloadApiRoutes(app, downloads), root: (app) => archiveRoutes(app, downloads) };
}
