import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { backupSet, backupSettings, backupsAnswer, resyncRequest, terminateRequest } from '../../wire/api/backups.ts';
import { setSubject } from '../audit/subjects.ts';
import { type AuditEntry, type AuditSource, audit } from '../audit.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { Backups } from './backups.ts';
import { mergedSettings } from './default-settings.ts';
import { type KnownSet, keptOf } from './set-book.ts';
import { setView } from './set-view.ts';

/** Terminate can be undone for so long. */
const undoMs = 72 * 3_600_000;

const groupParams = z.object({ groupId: z.string() });
export const setParams = z.object({ groupId: z.string(), setId: z.string().max(100) });

/** Replica sets and their backup: what there is, on, off, settings. */
export function backupSetRoutes(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/backups',
    config: { access: 'group.read' },
    schema: { params: groupParams, response: { 200: backupsAnswer } },
    handler: async ({ params }) => {
      const fleet = await backups.context.fleet.group(params.groupId);
      const sets = await backups.sets.all(fleet);
      return Promise.all(sets.map((set) => setView(backups, params.groupId, set)));
    },
  });
  app.route({
    method: 'GET',
    url: '/groups/:groupId/backups/:setId',
    config: { access: 'group.read' },
    schema: { params: setParams, response: { 200: backupSet } },
    handler: async ({ params }) => setView(backups, params.groupId, await setOf(backups, params)),
  });
  changeRoutes(app, backups);
  endRoutes(app, backups);
}

type SetParams = z.infer<typeof setParams>;

/** @throws NOT_FOUND for a set that this group does not have. */
export async function setOf(backups: Backups, { groupId, setId }: SetParams): Promise<KnownSet> {
  return backups.sets.one(await backups.context.fleet.group(groupId), setId);
}

function changeRoutes(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backups/:setId/start',
    config: { access: 'backup.write' },
    schema: { params: setParams, body: backupSettings.nullish(), response: { 200: backupSet } },
    handler: async ({ params, body, actor, ip }) => {
      const set = await backups.start(params.groupId, params.setId, body ?? {});
      const detail = { undoesTerminate: set.kept?.standing === 'terminating' };
      return answer(backups, params, { actor, ip }, { action: 'backup.started', detail });
    },
  });
  app.route({
    method: 'PATCH',
    url: '/groups/:groupId/backups/:setId',
    config: { access: 'backup.write' },
    schema: { params: setParams, body: backupSettings, response: { 200: backupSet } },
    handler: async ({ params, body, actor, ip }) => {
      const set = await setOf(backups, params);
      await backups.vault.configure(params.groupId, params.setId, mergedSettings(keptOf(set).settings, body));
      const names = Object.entries(body).flatMap(([name, part]) =>
        typeof part === 'object' ? Object.keys(part) : [name],
      );
      return answer(backups, params, { actor, ip }, { action: 'backup.settingsChanged', detail: { fields: names } });
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backups/:setId/resync',
    config: { access: 'backup.write' },
    schema: { params: setParams, body: resyncRequest.nullish(), response: { 200: backupSet } },
    handler: async ({ params, body, actor, ip }) => {
      const set = await setOf(backups, params);
      const { standing } = keptOf(set);
      if (standing !== 'active') {
        throw new AppError('CONFLICT', `backup of ${set.name} is ${standing}`, { hint: 'Start it first.' });
      }
      const kind = body?.kind ?? 'resync';
      await backups.vault.requestScan(params.groupId, params.setId, kind);
      return answer(backups, params, { actor, ip }, { action: 'backup.resyncAsked', detail: { kind } });
    },
  });
}

function endRoutes(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backups/:setId/stop',
    config: { access: 'backup.write' },
    schema: { params: setParams, response: { 200: backupSet } },
    handler: async ({ params, actor, ip }) => {
      const set = await setOf(backups, params);
      if (keptOf(set).standing === 'terminating') {
        throw new AppError('CONFLICT', `the backups of ${set.name} are about to be deleted`, {
          hint: 'Start backup again to keep them; then stop it.',
        });
      }
      await backups.vault.stop(params.groupId, params.setId);
      backups.reports.forget(params.groupId, params.setId);
      return answer(backups, params, { actor, ip }, { action: 'backup.stopped' });
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backups/:setId/terminate',
    config: { access: 'backup.write' },
    schema: { params: setParams, body: terminateRequest, response: { 200: backupSet } },
    handler: async ({ params, body, actor, ip }) => {
      const set = await setOf(backups, params);
      const before = keptOf(set);
      if (body.confirm !== set.name) {
        throw new AppError('INPUT_INVALID', `confirm: type the name of the replica set, ${set.name}`, {
          hint: 'Its snapshots and its oplog would be deleted after 72 hours.',
          details: { field: 'confirm' },
        });
      }
      const deleteAtMs = before.deleteAtMs ?? backups.context.clock.now() + undoMs;
      await backups.vault.terminate(params.groupId, params.setId, deleteAtMs);
      backups.reports.forget(params.groupId, params.setId);
      const detail = { deleteAt: new Date(deleteAtMs).toISOString() };
      return answer(backups, params, { actor, ip }, { action: 'backup.terminated', detail });
    },
  });
}

async function answer(
  backups: Backups,
  params: SetParams,
  source: AuditSource,
  entry: AuditEntry,
): Promise<z.infer<typeof backupSet>> {
  backups.changed(params.groupId);
  const set = await setOf(backups, params);
  await audit(backups.context, source, { groupId: params.groupId, subject: setSubject(params.setId, set), ...entry });
  return setView(backups, params.groupId, set);
}
