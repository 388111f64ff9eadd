import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import type { AuditAction } from '../../wire/api/audit-actions.ts';
import { type DownloadKind, type DownloadTarget, downloadKind, downloadTarget } from '../../wire/api/downloads.ts';
import { subjectById } from '../audit/subjects.ts';
import { type AuditEntry, type AuditSource, audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import { securityHeaders } from '../http/security-headers.ts';
import type { ServerApp } from '../http/server-app.ts';
import { type AgentSettings, type ArchiveFormat, agentArchive, placeholders } from './agent-archive.ts';
import { kindWords } from './api-routes.ts';
import { agentsOf, archiveFolder, serviceOf } from './download-kind.ts';
import type { Downloads } from './downloads.ts';
import { archiveName } from './file-name.ts';
import type { DownloadRecord } from './ports.ts';
import { groupSettings } from './settings-files.ts';
import { allTargets } from './target.ts';

const tokenParams = z.object({ token: z.string().max(200), fileName: z.string().max(300) });
const targetParams = tokenParams.extend({ target: downloadTarget });
const formats: readonly ArchiveFormat[] = ['tar.gz', 'zip'];

interface Wanted {
  readonly kind: DownloadKind;
  readonly format: ArchiveFormat;
  readonly target: DownloadTarget;
  readonly fileName: string;
  readonly settings: AgentSettings;
  /** Whose link it is; absent for blank archives, which hold no key. */
  readonly link?: DownloadRecord;
}

/** The archives themselves: with placeholders at addresses that never change, and filled in behind links. */
export function archiveRoutes(app: ServerApp, downloads: Downloads): void {
  const common = {
    method: ['GET', 'HEAD'],
    exposeHeadRoute: false,
    config: { access: 'public', quiet: true },
  } as const;
  for (const { kind, format, target, fileName } of blankArchives(downloads.programs.defaultTarget())) {
    const wanted: Wanted = { kind, format, target, fileName, settings: placeholders };
    app.route({
      ...common,
      method: [...common.method],
      url: `/settings/${fileName}`,
      handler: (request, reply) => sendArchive(downloads, request, reply, wanted),
    });
  }
  app.route({
    ...common,
    method: [...common.method],
    url: '/settings/agents/:token/:fileName',
    schema: { params: tokenParams },
    handler: (request, reply) =>
      request.params.fileName.endsWith('.config')
        ? sendSettings(downloads, request, reply, request.params)
        : sendOfLink(downloads, request, reply, request.params),
  });
  app.route({
    ...common,
    method: [...common.method],
    url: '/settings/agents/:token/:target/:fileName',
    schema: { params: targetParams },
    handler: (request, reply) => sendOfLink(downloads, request, reply, request.params),
  });
}

/** A name without a platform is for the server's own. */
function blankArchives(defaultTarget: DownloadTarget): Omit<Wanted, 'settings'>[] {
  return downloadKind.options.flatMap((kind) =>
    formats.flatMap((format) => {
      const folder = archiveFolder(kind);
      const ofTargets = allTargets.map((target) => ({
        kind,
        format,
        target,
        fileName: `${folder}-${target}.${format}`,
      }));
      return [{ kind, format, target: defaultTarget, fileName: `${folder}.${format}` }, ...ofTargets];
    }),
  );
}

interface LinkParams {
  readonly token: string;
  readonly fileName: string;
  readonly target?: DownloadTarget;
}

async function sendOfLink(
  downloads: Downloads,
  request: FastifyRequest,
  reply: FastifyReply,
  { token, fileName, target: named }: LinkParams,
): Promise<void> {
  const { context, links, programs } = downloads;
  const { record, apiKey } = await links.open(token);
  const { groupId, kind } = record;
  const format = formatOf(fileName, kind);
  const target = named ?? programs.defaultTarget();
  const settings = { serverUrl: context.address.publicUrl(), groupId, apiKey };
  const group = await context.stores.groups.group(groupId);
  const safeName = `${archiveName(kind, group?.name ?? '', groupId, named)}.${format}`;
  // Waited for before it is counted: what is not handed out is no download.
  await programs.get(target);
  if (request.method === 'GET') {
    await links.count(record);
    await noteOf(context, request, record)('download.started', { agents: kindWords(kind), target, format });
    context.hub.publish(groupId, { type: 'downloads' });
  }
  return sendArchive(downloads, request, reply, { kind, format, target, fileName: safeName, settings, link: record });
}

/** The settings alone, for a machine that has the program from a package. */
async function sendSettings(
  { context, parts, links }: Downloads,
  request: FastifyRequest,
  reply: FastifyReply,
  { token, fileName }: LinkParams,
): Promise<unknown> {
  const { record, apiKey } = await links.open(token);
  const { groupId, kind } = record;
  const agent = agentsOf[kind].find((one) => fileName === `${serviceOf(one)}.config`);
  if (agent === undefined) {
    const names = agentsOf[kind].map((one) => `${serviceOf(one)}.config`).join(' or ');
    throw new AppError('NOT_FOUND', 'there are no such settings', { hint: `This link has ${names}.` });
  }
  if (request.method === 'GET') {
    await links.count(record);
    await noteOf(context, request, record)('download.started', { settingsOf: agent });
    context.hub.publish(groupId, { type: 'downloads' });
  }
  const settings = { serverUrl: context.address.publicUrl(), groupId, apiKey };
  return reply
    .headers({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
    .send(groupSettings(settings, parts.serverCa));
}

/** A link hands out the one kind of agent that its key is for. @throws NOT_FOUND */
function formatOf(fileName: string, kind: DownloadKind): ArchiveFormat {
  const [, ending] = /\.(tar\.gz|zip)$/.exec(fileName) ?? [];
  if (ending !== undefined && fileName.startsWith(archiveFolder(kind))) return ending === 'zip' ? 'zip' : 'tar.gz';
  throw new AppError('NOT_FOUND', 'there is no such archive', {
    hint: `The name begins with ${archiveFolder(kind)} and ends in .tar.gz or .zip.`,
  });
}

async function sendArchive(
  { context, parts, programs, sender }: Downloads,
  request: FastifyRequest,
  reply: FastifyReply,
  { kind, format, target, fileName, settings, link }: Wanted,
): Promise<void> {
  const ofTarget = await programs.get(target);
  sender.checkRoom();
  const { agentSettings: tables, serverCa } = parts;
  const archive = await agentArchive({ kind, format, settings, tables, serverCa, programs: ofTarget });
  reply.hijack();
  reply.raw.writeHead(200, {
    ...securityHeaders(request.protocol === 'https'),
    'content-type': archive.contentType,
    'content-length': archive.totalBytes,
    'content-disposition': `attachment; filename="${fileName}"`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  if (request.method === 'HEAD') {
    reply.raw.end();
    return;
  }
  const { whole, sentBytes } = await sender.send(reply.raw, archive);
  if (link === undefined) return;
  try {
    await noteOf(context, request, link)(whole ? 'download.completed' : 'download.failed', { sentBytes });
  } catch (thrown) {
    context.log.warn('the end of a download is not in the audit log', { link: link.id, reason: String(thrown) });
  }
}

/** Writes down what became of a download by a link. */
function noteOf({ clock, stores }: ServerContext, { ip }: FastifyRequest, { id, groupId }: DownloadRecord) {
  const source: AuditSource = { actor: { kind: 'link', id, name: 'download link' }, ip };
  const subject = subjectById('download', id);
  return (action: AuditAction, detail: AuditEntry['detail'] = {}): Promise<void> =>
    audit({ clock, stores }, source, { action, groupId, subject, detail });
}
