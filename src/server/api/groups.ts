import { z } from 'zod';
import { buildInfo } from '../../runtime/build-info.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Role } from '../../wire/api/access.ts';
import { plainName } from '../../wire/api/common.ts';
import { changeGroupRequest, changeServerRequest, type Group, group, serverInfo } from '../../wire/api/groups.ts';
import { newGroup } from '../access/accounts.ts';
import { type Actor, rolesIn, userActor } from '../access/actor.ts';
import { permissionsOf } from '../access/permissions.ts';
import { groupSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { GroupRecord } from '../ports.ts';

const groupParams = z.object({ groupId: z.string() });

/** Groups with their settings, and the server's own settings. */
export function groupRoutes(app: ServerApp, context: ServerContext): void {
  serverRoutes(app, context);
  listRoutes(app, context);
  app.route({
    method: 'GET',
    url: '/groups/:groupId',
    config: { access: 'group.read' },
    schema: { params: groupParams, response: { 200: group } },
    handler: async (request) => {
      const fleet = await context.fleet.group(request.params.groupId);
      return viewOf(fleet.group, rolesOf(request.actor, fleet.group.id));
    },
  });
  app.route({
    method: 'PATCH',
    url: '/groups/:groupId',
    config: { access: 'group.own' },
    schema: { params: groupParams, body: changeGroupRequest, response: { 200: group } },
    handler: async (request) => {
      const fleet = await context.fleet.group(request.params.groupId);
      const changed = { ...fleet.group, ...definedOnly(request.body) };
      await fleet.saveGroup(changed);
      if (request.body.retention !== undefined || request.body.diskBudgetBytes !== undefined) {
        await context.metrics.setRetention(changed.id, changed.retention, changed.diskBudgetBytes);
      }
      context.work.settingsChanged(changed.id);
      // Pages of members without a second factor are let go too.
      if (request.body.secondFactorRequired === true) context.hub.endWhere((_owner, of) => of === changed.id);
      context.hub.publish(changed.id, { type: 'topology', atMs: context.clock.now() });
      await audit(context, request, {
        action: 'group.changed',
        groupId: changed.id,
        subject: groupSubject(changed),
        detail: { fields: Object.keys(request.body) },
      });
      return viewOf(changed, rolesOf(request.actor, changed.id));
    },
  });
}

function serverRoutes(app: ServerApp, { address, ...context }: ServerContext): void {
  const info = () => ({
    version: buildInfo.version,
    commit: buildInfo.commit,
    publicUrl: address.publicUrl(),
    tls: address.tls(),
  });
  app.route({
    method: 'GET',
    url: '/server',
    config: { access: 'user' },
    schema: { response: { 200: serverInfo } },
    handler: async () => info(),
  });
  app.route({
    method: 'PATCH',
    url: '/server',
    config: { access: 'administrator' },
    schema: { body: changeServerRequest, response: { 200: serverInfo } },
    handler: async (request) => {
      await address.setPublicUrl(request.body.publicUrl);
      await audit(context, request, {
        action: 'server.publicUrlChanged',
        detail: { publicUrl: request.body.publicUrl },
      });
      return info();
    },
  });
}

function listRoutes(app: ServerApp, context: ServerContext): void {
  app.route({
    method: 'GET',
    url: '/groups',
    config: { access: 'user' },
    schema: { response: { 200: z.array(group) } },
    handler: async ({ actor }) => {
      const records = await context.stores.groups.groups();
      return records.flatMap((record) => {
        const roles = actor === null ? undefined : rolesIn(actor, record.id);
        return roles === undefined ? [] : [viewOf(record, roles)];
      });
    },
  });
  app.route({
    method: 'POST',
    url: '/groups',
    config: { access: 'administrator' },
    schema: { body: z.object({ name: plainName }), response: { 201: group } },
    handler: async (request, reply) => {
      const made = newGroup(request.body.name, context.clock.now());
      await context.stores.groups.addGroup(made, userActor(request.actor).user.id);
      await context.metrics.setRetention(made.id, made.retention, made.diskBudgetBytes);
      await audit(context, request, { action: 'group.made', groupId: made.id, subject: groupSubject(made) });
      return reply.code(201).send(viewOf(made, ['owner']));
    },
  });
}

function rolesOf(actor: Actor | null, groupId: string): readonly Role[] {
  const roles = actor === null ? undefined : rolesIn(actor, groupId);
  if (roles === undefined) throw new AppError('NOT_FOUND', 'there is no such group');
  return roles;
}

function viewOf({ createdAtMs: _, ...record }: GroupRecord, roles: readonly Role[]): Group {
  return { ...record, roles: [...roles], permissions: [...permissionsOf(roles)] };
}

/** A field that is left out stays as it is. */
export function definedOnly<T extends object>(input: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
