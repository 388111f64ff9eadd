import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { changeMemberRequest, type Member, member } from '../../wire/api/people.ts';
import type { Access } from '../access/access.ts';
import { requireUnlimited, userActor } from '../access/actor.ts';
import type { MemberRecord } from '../access/ports.ts';
import { userSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerApp } from '../http/server-app.ts';

const groupParams = z.object({ groupId: z.string() });
const memberParams = z.object({ groupId: z.string(), userId: z.string() });

/** Who belongs to a group, with which roles. */
export function memberRoutes(app: ServerApp, access: Access): void {
  const { context } = access;
  const { members } = context.stores;
  leaveRoute(app, access);
  app.route({
    method: 'GET',
    url: '/groups/:groupId/members',
    config: { access: 'group.own' },
    schema: { params: groupParams, response: { 200: z.array(member) } },
    handler: async (request) => viewsOf(await members.members(request.params.groupId)),
  });
  app.route({
    method: 'PATCH',
    url: '/groups/:groupId/members/:userId',
    config: { access: 'group.own' },
    schema: { params: memberParams, body: changeMemberRequest, response: { 200: member } },
    handler: async (request) => {
      const { groupId, userId } = request.params;
      const { roles } = request.body;
      requireUnlimited(request.actor);
      const before = memberOf(await members.members(groupId), userId);
      if (!(await members.changeRoles(groupId, userId, roles))) throw lastOwner(before.user.email);
      context.hub.endWhere((owner, of) => of === groupId && owner.userId === userId);
      await audit(context, request, {
        action: 'member.rolesChanged',
        groupId,
        subject: userSubject(before.user),
        detail: { before: [...before.roles], after: roles },
      });
      return viewOf(await members.members(groupId), userId);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/members/:userId',
    config: { access: 'group.own' },
    schema: { params: memberParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId, userId } = request.params;
      requireUnlimited(request.actor);
      const { user } = memberOf(await members.members(groupId), userId);
      if (!(await members.removeMember(groupId, userId))) throw lastOwner(user.email);
      context.hub.endWhere((owner, of) => of === groupId && owner.userId === userId);
      await audit(context, request, { action: 'member.removed', groupId, subject: userSubject(user) });
      return reply.code(204).send(null);
    },
  });
}

/** Whoever is a member leaves by themselves, also one who lacks the second factor that the group asks for. */
function leaveRoute(app: ServerApp, { context }: Access): void {
  const { members } = context.stores;
  app.route({
    method: 'POST',
    url: '/groups/:groupId/leave',
    config: { access: 'group.read', beforeSecondFactor: true },
    schema: { params: groupParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId } = request.params;
      const { user } = userActor(request.actor);
      if (!(await members.removeMember(groupId, user.id))) throw lastOwner(user.email);
      context.hub.endWhere((owner, of) => of === groupId && owner.userId === user.id);
      await audit(context, request, { action: 'member.left', groupId, subject: userSubject(user) });
      return reply.code(204).send(null);
    },
  });
}

function memberOf(all: readonly MemberRecord[], userId: string): MemberRecord {
  const found = all.find(({ user }) => user.id === userId);
  if (found === undefined) throw new AppError('NOT_FOUND', 'there is no such member in this group');
  return found;
}

function viewOf(all: readonly MemberRecord[], userId: string): Member {
  const found = viewsOf(all).find((one) => one.userId === userId);
  if (found === undefined) throw new AppError('NOT_FOUND', 'there is no such member in this group');
  return found;
}

function viewsOf(all: readonly MemberRecord[]): Member[] {
  const owners = all.filter(({ user, roles }) => roles.includes('owner') && !user.disabled);
  return all.map(({ user, roles }) => ({
    userId: user.id,
    email: user.email,
    name: user.name,
    roles: [...roles],
    secondFactor: user.secondFactor !== null,
    disabled: user.disabled,
    lastSeenAtMs: user.lastSeenAtMs,
    lastOwner: owners.length === 1 && owners[0]?.user.id === user.id,
  }));
}

function lastOwner(email: string): AppError {
  return new AppError('CONFLICT', `${email} is the last owner of this group`, {
    hint: 'Make somebody else an owner first.',
  });
}
