import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { periodic } from '../../runtime/periodic.ts';
import type { SettingsTable } from '../../runtime/settings.ts';
import { download, newDownloadAnswer, newDownloadRequest } from '../../wire/api/access.ts';
import { actorName } from '../access/actor.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import { securityHeaders } from '../http/security-headers.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { AgentKind } from '../ports.ts';
import { type AgentSettings, type ArchiveFormat, agentArchive, placeholders } from './agent-archive.ts';
import { agentFolder } from './agent-files.ts';
import { DownloadLinks, viewOf } from './download-links.ts';
import { ExecutableSource, ownExecutable } from './executable-source.ts';
import { archiveName } from './file-name.ts';
import type { DownloadStore } from './ports.ts';
import { ArchiveSender } from './send-archive.ts';

export interface DownloadParts {
  readonly store: DownloadStore;
  readonly dataDir: string;
  /** The agents' settings tables: an archive's settings file is made from one. */
  readonly agentSettings: Readonly<Record<AgentKind, SettingsTable>>;
  /** PEM of the CA, where the server made its own (`--tls auto`). */
  readonly serverCa?: string | undefined;
  /** Default: the executable that runs this server. */
  readonly executable?: string;
}

export interface DownloadRoutes {
  /** Under /api/v1. */
  api(app: ServerApp): void;
  /** At the top: /settings/… */
  root(app: ServerApp): void;
}

interface Downloads {
  readonly context: ServerContext;
  readonly parts: DownloadParts;
  readonly links: DownloadLinks;
  readonly source: ExecutableSource;
  readonly sender: ArchiveSender;
}

/** The ready moment of the server comes before the archives are prepared. */
const prepareAfterMs = 1500;
const expiryEveryMs = 600_000;

const groupParams = z.object({ groupId: z.string() });
const linkParams = z.object({ groupId: z.string(), downloadId: z.string() });
const tokenParams = z.object({ token: z.string().max(200), fileName: z.string().max(300) });

/** Archives of the agents. Starts to prepare them in the background, and ends with the context's signal. */
export function downloadRoutes(context: ServerContext, parts: DownloadParts): DownloadRoutes {
  const links = new DownloadLinks(context, parts.store);
  const cacheDir = join(parts.dataDir, 'cache');
  const path = parts.executable ?? ownExecutable();
  const source = new ExecutableSource({ path, cacheDir, log: context.log, signal: context.signal });
  const timer = setTimeout(() => path !== undefined && source.prepareInBackground(), prepareAfterMs);
  context.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  void periodic(() => links.closeExpired(), {
    intervalMs: expiryEveryMs,
    firstDelayMs: prepareAfterMs,
    signal: context.signal,
    onError: (thrown) => context.log.warn('expired download links cannot be closed', { error: String(thrown) }),
  });
  const downloads: Downloads = { context, parts, links, source, sender: new ArchiveSender() };
  return { api: (app) => apiRoutes(app, downloads), root: (app) => archiveRoutes(app, downloads) };
}

function apiRoutes(app: ServerApp, { context, links, source }: Downloads): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/downloads',
    config: { access: 'owner' },
    schema: { params: groupParams, response: { 200: z.array(download) } },
    handler: (request) => links.list(request.params.groupId),
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/downloads',
    config: { access: 'owner' },
    schema: { params: groupParams, body: newDownloadRequest.nullish(), response: { 201: newDownloadAnswer } },
    handler: async (request, reply) => {
      const { groupId } = request.params;
      const kind = request.body?.agent ?? 'monitoring';
      const group = await context.stores.groups.group(groupId);
      if (group === undefined) throw new AppError('NOT_FOUND', 'there is no such group');
      const { record, token } = await links.mint(groupId, kind, actorName(request.actor));
      await audit(context, request.actor, groupId, 'download link made', `${record.id}, ${kind} agent`);
      source.prepareInBackground();
      const name = archiveName(kind, group.name, groupId);
      const address = `${context.address.publicUrl()}/settings/agents/${token}/${name}`;
      return reply.code(201).send({
        download: viewOf(record, []),
        tarGzUrl: `${address}.tar.gz`,
        zipUrl: `${address}.zip`,
        fileName: `${name}.tar.gz`,
        ready: source.ready(),
      });
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/downloads/:downloadId',
    config: { access: 'owner' },
    schema: { params: linkParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId, downloadId } = request.params;
      await links.revoke(groupId, downloadId);
      await audit(context, request.actor, groupId, 'download link revoked', downloadId);
      context.hub.publish(groupId, { type: 'downloads' });
      return reply.code(204).send(null);
    },
  });
}

function archiveRoutes(app: ServerApp, downloads: Downloads): void {
  const { context, links, source } = downloads;
  const common = {
    method: ['GET', 'HEAD'],
    exposeHeadRoute: false,
    config: { access: 'public', quiet: true },
  } as const;
  for (const kind of ['monitoring', 'backup'] as const) {
    for (const format of ['tar.gz', 'zip'] as const) {
      const fileName = `${agentFolder(kind)}.${format}`;
      const wanted: Wanted = { kind, format, fileName, settings: placeholders };
      app.route({
        ...common,
        method: [...common.method],
        url: `/settings/${fileName}`,
        handler: (request, reply) => sendArchive(downloads, request, reply, wanted),
      });
    }
  }
  app.route({
    ...common,
    method: [...common.method],
    url: '/settings/agents/:token/:fileName',
    schema: { params: tokenParams },
    handler: async (request, reply) => {
      const { token, fileName } = request.params;
      const { record, apiKey } = await links.open(token);
      const { groupId, kind } = record;
      const format = formatOf(fileName, kind);
      const settings = { serverUrl: context.address.publicUrl(), groupId, apiKey };
      const group = await context.stores.groups.group(groupId);
      const safeName = `${archiveName(kind, group?.name ?? '', groupId)}.${format}`;
      // Waited for before it is counted: what is not handed out is no download.
      await source.get();
      if (request.method === 'GET') {
        await links.count(record);
        await audit(
          context,
          `download link ${record.id}`,
          groupId,
          'agent archive downloaded',
          `${kind} agent, ${format}, by ${request.ip}`,
        );
        context.hub.publish(groupId, { type: 'downloads' });
      }
      return sendArchive(downloads, request, reply, { kind, format, fileName: safeName, settings });
    },
  });
}

/** A link hands out the one kind of agent that its key is for. @throws NOT_FOUND */
function formatOf(fileName: string, kind: AgentKind): ArchiveFormat {
  const [, ending] = /\.(tar\.gz|zip)$/.exec(fileName) ?? [];
  if (ending !== undefined && fileName.startsWith(agentFolder(kind))) return ending === 'zip' ? 'zip' : 'tar.gz';
  throw new AppError('NOT_FOUND', 'there is no such archive', {
    hint: `The name begins with ${agentFolder(kind)} and ends in .tar.gz or .zip.`,
  });
}

interface Wanted {
  readonly kind: AgentKind;
  readonly format: ArchiveFormat;
  readonly fileName: string;
  readonly settings: AgentSettings;
}

async function sendArchive(
  { context, parts, source, sender }: Downloads,
  request: FastifyRequest,
  reply: FastifyReply,
  { kind, format, fileName, settings }: Wanted,
): Promise<void> {
  const executable = await source.get();
  sender.checkRoom();
  const { agentSettings, serverCa } = parts;
  const archive = await agentArchive({
    kind,
    format,
    settings,
    table: agentSettings[kind],
    serverCa,
    executable,
  });
  reply.hijack();
  reply.raw.writeHead(200, {
    ...securityHeaders(context.address.tls()),
    'content-type': archive.contentType,
    'content-length': archive.totalBytes,
    'content-disposition': `attachment; filename="${fileName}"`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  if (request.method === 'HEAD') reply.raw.end();
  else await sender.send(reply.raw, archive);
}
