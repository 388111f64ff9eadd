import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { buildInfo } from '../../runtime/build-info.ts';
import { AppError } from '../../runtime/errors.ts';
import {
  type DownloadChoices,
  type DownloadKind,
  download,
  downloadChoices,
  type NewDownloadAnswer,
  newDownloadAnswer,
  newDownloadRequest,
} from '../../wire/api/downloads.ts';
import { actorName } from '../access/actor.ts';
import { subjectById } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerApp } from '../http/server-app.ts';
import { viewOf } from './download-links.ts';
import type { Downloads } from './downloads.ts';
import { archiveName } from './file-name.ts';
import type { DownloadRecord } from './ports.ts';
import { allTargets } from './target.ts';

const groupParams = z.object({ groupId: z.string() });
const linkParams = z.object({ groupId: z.string(), downloadId: z.string() });

/** Links to archives, and what there is to choose from. */
export function downloadApiRoutes(app: ServerApp, downloads: Downloads): void {
  const { context, links, programs } = downloads;
  app.route({
    method: 'GET',
    url: '/groups/:groupId/download-choices',
    config: { access: 'group.read' },
    schema: { params: groupParams, response: { 200: downloadChoices } },
    handler: (request) => choices(downloads, request.params.groupId),
  });
  app.route({
    method: 'GET',
    url: '/groups/:groupId/downloads',
    config: { access: 'group.own' },
    schema: { params: groupParams, response: { 200: z.array(download) } },
    handler: (request) => links.list(request.params.groupId),
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/downloads',
    config: { access: 'group.own' },
    schema: { params: groupParams, body: newDownloadRequest.nullish(), response: { 201: newDownloadAnswer } },
    handler: async (request, reply) => {
      const { groupId } = request.params;
      const kind = request.body?.agent ?? 'monitoring';
      const group = await context.stores.groups.group(groupId);
      if (group === undefined) throw new AppError('NOT_FOUND', 'there is no such group');
      const { record, token } = await links.mint(groupId, kind, actorName(request.actor));
      await audit(context, request, {
        action: 'download.linkMade',
        groupId,
        subject: subjectById('download', record.id),
        detail: { agents: kindWords(kind) },
      });
      programs.prepareInBackground();
      return reply.code(201).send(answerOf(downloads, record, token, group.name));
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/downloads/:downloadId',
    config: { access: 'group.own' },
    schema: { params: linkParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId, downloadId } = request.params;
      await links.revoke(groupId, downloadId);
      await audit(context, request, {
        action: 'download.linkRevoked',
        groupId,
        subject: subjectById('download', downloadId),
      });
      context.hub.publish(groupId, { type: 'downloads' });
      return reply.code(204).send(null);
    },
  });
}

/** "monitoring agent", "both agents": for audit events. */
export function kindWords(kind: DownloadKind): string {
  return kind === 'both' ? 'both agents' : `${kind} agent`;
}

async function choices({ context, parts, programs }: Downloads, groupId: string): Promise<DownloadChoices> {
  const serverUrl = context.address.publicUrl();
  return {
    serverUrl,
    groupId,
    version: buildInfo.version,
    serverCa: parts.serverCa ?? null,
    targets: await programs.states(),
    repositories: repositoriesOf(parts.dataDir, serverUrl),
  };
}

/** What a machine fetches to install from this server, where somebody put repositories into the data directory. */
function repositoriesOf(dataDir: string, serverUrl: string): DownloadChoices['repositories'] {
  const has = (name: string): boolean => existsSync(join(dataDir, 'repositories', name));
  const keyed = has('leafward.asc');
  return {
    apt: keyed && has('apt/dists') ? `${serverUrl}/repo/leafward.sources` : null,
    yum: keyed && has('yum/repodata') ? `${serverUrl}/repo/leafward.repo` : null,
  };
}

function answerOf(
  { context, own, programs }: Downloads,
  record: DownloadRecord,
  token: string,
  groupName: string,
): NewDownloadAnswer {
  const { kind, groupId } = record;
  const base = `${context.address.publicUrl()}/settings/agents/${token}`;
  const archives = allTargets.map((target) => {
    const fileName = archiveName(kind, groupName, groupId, target);
    const address = `${base}/${target}/${fileName}`;
    return { target, tarGzUrl: `${address}.tar.gz`, zipUrl: `${address}.zip`, fileName };
  });
  const name = archiveName(kind, groupName, groupId);
  return {
    download: viewOf(record, []),
    tarGzUrl: `${base}/${name}.tar.gz`,
    zipUrl: `${base}/${name}.zip`,
    fileName: `${name}.tar.gz`,
    ready: own.ready() || !programs.isOwnTarget(programs.defaultTarget()),
    settingsUrl: base,
    archives,
  };
}
