import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import {
  changeUserRequest,
  passwordLinkAnswer,
  setRolesRequest,
  type User,
  user as userShape,
} from '../../wire/api/people.ts';
import type { Access } from '../access/access.ts';
import { addLink } from '../access/accounts.ts';
import type { UserRecord } from '../access/ports.ts';
import { userSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';

const userParams = z.object({ userId: z.string() });
const config = { access: 'administrator' } as const;

/** Everybody on this server, for its administrators. */
export function userRoutes(app: ServerApp, { context }: Access): void {
  const { accounts } = context.stores;
  app.route({
    method: 'GET',
    url: '/users',
    config,
    schema: { response: { 200: z.array(userShape) } },
    handler: async () => viewsOf(context, await accounts.users()),
  });
  app.route({
    method: 'PATCH',
    url: '/users/:userId',
    config,
    schema: { params: userParams, body: changeUserRequest, response: { 200: userShape } },
    handler: async (request) => {
      const found = await userOf(context, request.params.userId);
      const { administrator, disabled } = request.body;
      // One after the other, so that what was done is written down though the next is refused.
      const done = async (isDone: boolean, detail: Readonly<Record<string, boolean>>): Promise<void> => {
        if (!isDone) throw isLast(found);
        await audit(context, request, { action: 'user.changed', subject: userSubject(found), detail });
      };
      if (administrator !== undefined) {
        await done(await accounts.setAdministrator(found.id, administrator), { administrator });
      }
      if (disabled !== undefined) await done(await accounts.setDisabled(found.id, disabled), { disabled });
      if (disabled === true) context.hub.endWhere(({ userId }) => userId === found.id);
      return viewOf(context, found.id);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/users/:userId',
    config,
    schema: { params: userParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const found = await userOf(context, request.params.userId);
      if (!(await accounts.removeUser(found.id))) throw isLast(found);
      context.hub.endWhere(({ userId }) => userId === found.id);
      await audit(context, request, { action: 'user.removed', subject: userSubject(found) });
      return reply.code(204).send(null);
    },
  });
  helpRoutes(app, context);
}

/** What an administrator does for somebody who cannot help themselves. */
function helpRoutes(app: ServerApp, context: ServerContext): void {
  const { accounts, members, groups } = context.stores;
  app.route({
    method: 'POST',
    url: '/users/:userId/password-link',
    config,
    schema: { params: userParams, response: { 201: passwordLinkAnswer } },
    handler: async (request, reply) => {
      const found = await userOf(context, request.params.userId);
      const { token, expiresAtMs } = await addLink(context, 'password', found.id);
      await audit(context, request, { action: 'account.passwordResetAsked', subject: userSubject(found) });
      return reply.code(201).send({ link: `${context.address.publicUrl()}/password-reset/${token}`, expiresAtMs });
    },
  });
  app.route({
    method: 'DELETE',
    url: '/users/:userId/second-factor',
    config,
    schema: { params: userParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const found = await userOf(context, request.params.userId);
      await accounts.setSecondFactor(found.id, null);
      await audit(context, request, { action: 'account.secondFactorRemoved', subject: userSubject(found) });
      return reply.code(204).send(null);
    },
  });
  app.route({
    method: 'PUT',
    url: '/users/:userId/groups/:groupId',
    config,
    schema: {
      params: z.object({ userId: z.string(), groupId: z.string() }),
      body: setRolesRequest,
      response: { 200: userShape },
    },
    handler: async (request) => {
      const { userId, groupId } = request.params;
      const found = await userOf(context, userId);
      if ((await groups.group(groupId)) === undefined) throw new AppError('NOT_FOUND', 'there is no such group');
      const before = (await groups.rolesOf(userId)).find((one) => one.groupId === groupId)?.roles ?? [];
      if (!(await members.setRoles(groupId, userId, request.body.roles))) throw isLast(found);
      context.hub.endWhere((owner, of) => of === groupId && owner.userId === userId);
      await audit(context, request, {
        action: before.length === 0 ? 'member.joined' : 'member.rolesChanged',
        groupId,
        subject: userSubject(found),
        detail: { before: [...before], after: request.body.roles },
      });
      return viewOf(context, userId);
    },
  });
}

async function userOf({ stores }: ServerContext, userId: string): Promise<UserRecord> {
  const found = await stores.accounts.user(userId);
  if (found === undefined) throw new AppError('NOT_FOUND', 'there is no such user');
  return found;
}

async function viewOf(context: ServerContext, userId: string): Promise<User> {
  const [view] = await viewsOf(context, [await userOf(context, userId)]);
  if (view === undefined) throw new AppError('NOT_FOUND', 'there is no such user');
  return view;
}

async function viewsOf({ stores }: ServerContext, users: readonly UserRecord[]): Promise<User[]> {
  const memberships = Map.groupBy(await stores.members.memberships(), ({ userId }) => userId);
  const names = new Map((await stores.groups.groups()).map(({ id, name }) => [id, name]));
  return users.map(
    ({ id, email, name, administrator, disabled, secondFactor, passwordHash, createdAtMs, lastSeenAtMs }) => ({
      id,
      email,
      name,
      administrator,
      disabled,
      secondFactor: secondFactor !== null,
      hasPassword: passwordHash !== '',
      createdAtMs,
      lastSeenAtMs,
      groups: (memberships.get(id) ?? []).map(({ groupId, roles }) => ({
        id: groupId,
        name: names.get(groupId) ?? groupId,
        roles: [...roles],
      })),
    }),
  );
}

function isLast({ email }: UserRecord): AppError {
  return new AppError('CONFLICT', `${email} is the last administrator of this server, or the last owner of a group`, {
    hint: 'Make somebody else an administrator or owner first: the server and every group keep one who may sign in.',
  });
}
