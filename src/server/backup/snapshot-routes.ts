import { z } from 'zod';
import { backupStore } from '../../wire/api/backup-store.ts';
import { backupOperation, backupPlan, backupTimeline, snapshot, writeSources } from '../../wire/api/backups.ts';
import { setSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { Backups } from './backups.ts';
import { planFor } from './plan.ts';
import { keptOf } from './set-book.ts';
import { setOf, setParams } from './set-routes.ts';
import { untilCaptured } from './until-captured.ts';

const groupParams = z.object({ groupId: z.string() });
const dayMs = 86_400_000;
const longestRangeMs = 400 * dayMs;

/** Restore points: listed, made, deleted; what happened between them. */
export function snapshotRoutes(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/backups/:setId/snapshots',
    config: { access: 'group.read' },
    schema: { params: setParams, response: { 200: z.array(snapshot) } },
    handler: async ({ params }) => {
      await setOf(backups, params);
      return [...(await backups.vault.snapshots(params.groupId, params.setId))];
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backups/:setId/snapshots',
    config: { access: 'backup.write' },
    schema: { params: setParams, response: { 202: backupOperation } },
    handler: async ({ params, actor, ip }, reply) => {
      const { groupId, setId } = params;
      const set = await setOf(backups, params);
      keptOf(set);
      const operation = backups.operations.start(groupId, 'snapshot', setId, async () => {
        await untilCaptured(backups, groupId, setId);
        const made = await backups.vault.takeSnapshot(groupId, setId);
        backups.changed(groupId);
        return { snapshot: made };
      });
      await audit(
        backups.context,
        { actor, ip },
        { action: 'snapshot.asked', groupId, subject: setSubject(setId, set) },
      );
      return reply.code(202).send(operation);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/backups/:setId/snapshots/:snapshotId',
    config: { access: 'backup.write' },
    schema: { params: setParams.extend({ snapshotId: z.string().max(100) }), response: { 204: z.null() } },
    handler: async ({ params, actor, ip }, reply) => {
      const set = await setOf(backups, params);
      await backups.vault.deleteSnapshot(params.groupId, params.setId, params.snapshotId);
      backups.changed(params.groupId);
      await audit(
        backups.context,
        { actor, ip },
        {
          action: 'snapshot.deleted',
          groupId: params.groupId,
          subject: setSubject(params.setId, set),
          detail: { snapshot: params.snapshotId },
        },
      );
      return reply.code(204).send(null);
    },
  });
  timeRoutes(app, backups);
  storeRoutes(app, backups);
}

function timeRoutes(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/backups/:setId/timeline',
    config: { access: 'group.read' },
    schema: { params: setParams, response: { 200: backupTimeline } },
    handler: async ({ params }) => {
      await setOf(backups, params);
      return backups.vault.timeline(params.groupId, params.setId);
    },
  });
  app.route({
    method: 'GET',
    url: '/groups/:groupId/backups/:setId/write-sources',
    config: { access: 'group.read' },
    schema: {
      params: setParams,
      querystring: z.object({ from: z.coerce.number().optional(), to: z.coerce.number().optional() }),
      response: { 200: writeSources },
    },
    handler: async ({ params, query }) => {
      await setOf(backups, params);
      const until = query.to ?? backups.context.clock.now();
      const from = Math.max(query.from ?? until - dayMs, until - longestRangeMs);
      return backups.vault.writeSources(params.groupId, params.setId, from, until);
    },
  });
  app.route({
    method: 'GET',
    url: '/groups/:groupId/backups/:setId/plan',
    config: { access: 'group.read' },
    schema: { params: setParams, response: { 200: backupPlan } },
    handler: async ({ params }) => planFor(backups, params.groupId, await setOf(backups, params)),
  });
}

function storeRoutes(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/backup-store',
    config: { access: 'group.read' },
    schema: { params: groupParams, response: { 200: backupStore } },
    handler: ({ params }) => backups.vault.use(params.groupId),
  });
  const verify = (groupId: string, setId: string | null) =>
    backups.operations.start(groupId, 'verify', setId, async () => {
      const { blocks, bytes, damage } = await backups.vault.verify(groupId, setId);
      return { verify: { blocks, bytes, damage: damage.map((one) => ({ ...one, snapshots: [...one.snapshots] })) } };
    });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backup-store/verify',
    config: { access: 'backup.write' },
    schema: { params: groupParams, response: { 202: backupOperation } },
    handler: async ({ params, actor, ip }, reply) => {
      await audit(backups.context, { actor, ip }, { action: 'backup.verifyStarted', groupId: params.groupId });
      return reply.code(202).send(verify(params.groupId, null));
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backups/:setId/verify',
    config: { access: 'backup.write' },
    schema: { params: setParams, response: { 202: backupOperation } },
    handler: async ({ params, actor, ip }, reply) => {
      const set = await setOf(backups, params);
      keptOf(set);
      await audit(
        backups.context,
        { actor, ip },
        {
          action: 'backup.verifyStarted',
          groupId: params.groupId,
          subject: setSubject(params.setId, set),
        },
      );
      return reply.code(202).send(verify(params.groupId, params.setId));
    },
  });
  app.route({
    method: 'GET',
    url: '/groups/:groupId/backup-operations/:operationId',
    config: { access: 'group.read' },
    schema: {
      params: z.object({ groupId: z.string(), operationId: z.string().max(100) }),
      querystring: z.object({ waitSeconds: z.coerce.number().min(0).max(30).default(0) }),
      response: { 200: backupOperation },
    },
    handler: async ({ params, query }, reply) => {
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort());
      const signal = AbortSignal.any([gone.signal, backups.context.signal]);
      return backups.operations.look(params.groupId, params.operationId, query.waitSeconds * 1000, signal);
    },
  });
}
