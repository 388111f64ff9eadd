import { z } from 'zod';
import { AppError, toAppError } from '../../runtime/errors.ts';
import { sessionAnswer } from '../../wire/api/access.ts';
import {
  acceptInvitationRequest,
  type Invitation,
  invitation,
  invitationState,
  newInvitationAnswer,
  newInvitationRequest,
} from '../../wire/api/people.ts';
import { acceptInvitation, openInvitation } from '../access/accept-invitation.ts';
import type { Access } from '../access/access.ts';
import { plainEmail } from '../access/accounts.ts';
import { actorName, makerBehind, requireUnlimited } from '../access/actor.ts';
import { checkSameOrigin } from '../access/authenticate.ts';
import { invitationMail } from '../access/people-mail.ts';
import type { InvitationRecord } from '../access/ports.ts';
import { hashSecret, newToken } from '../access/secret-token.ts';
import { audit } from '../audit.ts';
import type { ServerApp } from '../http/server-app.ts';
import { newId } from '../new-id.ts';

const groupParams = z.object({ groupId: z.string() });
const invitationParams = z.object({ groupId: z.string(), invitationId: z.string() });
const tokenParams = z.object({ token: z.string().max(200) });
const validMs = 7 * 86_400_000;
const openBound = 500;
const mailMs = 20_000;

/** Invitations to a group: made by its owners, accepted by whoever has the link and the address. */
export function invitationRoutes(app: ServerApp, access: Access): void {
  const { context } = access;
  const { members } = context.stores;
  app.route({
    method: 'GET',
    url: '/groups/:groupId/invitations',
    config: { access: 'group.own' },
    schema: { params: groupParams, response: { 200: z.array(invitation) } },
    handler: async (request) => {
      const now = context.clock.now();
      return (await members.invitations(request.params.groupId)).filter((one) => one.expiresAtMs > now).map(viewOf);
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/invitations',
    config: { access: 'group.own' },
    schema: { params: groupParams, body: newInvitationRequest, response: { 201: newInvitationAnswer } },
    handler: async (request, reply) => {
      requireUnlimited(request.actor);
      const { groupId } = request.params;
      const email = plainEmail(request.body.email);
      await requireRoom(access, groupId, email);
      const token = newToken();
      const now = context.clock.now();
      const record: InvitationRecord = {
        id: newId('i'),
        hash: hashSecret(token),
        groupId,
        email,
        roles: request.body.roles,
        invitedBy: actorName(request.actor),
        madeBy: makerBehind(request.actor),
        createdAtMs: now,
        expiresAtMs: now + validMs,
      };
      await members.addInvitation(record);
      await audit(context, request, {
        action: 'member.invited',
        groupId,
        subject: { kind: 'invitation', id: record.id, label: email },
        detail: { roles: [...record.roles] },
      });
      const link = `${context.address.publicUrl()}/invitation/${token}`;
      return reply.code(201).send({ invitation: viewOf(record), link, ...(await sendMail(access, record, link)) });
    },
  });
  withdrawRoute(app, access);
  acceptRoutes(app, access);
}

function withdrawRoute(app: ServerApp, { context }: Access): void {
  const { members } = context.stores;
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/invitations/:invitationId',
    config: { access: 'group.own' },
    schema: { params: invitationParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId, invitationId } = request.params;
      const found = (await members.invitations(groupId)).find(({ id }) => id === invitationId);
      if (found === undefined || !(await members.removeInvitation(groupId, invitationId))) {
        throw new AppError('NOT_FOUND', 'there is no such invitation in this group, or it was accepted');
      }
      const subject = { kind: 'invitation', id: found.id, label: found.email };
      await audit(context, request, { action: 'member.invitationRevoked', groupId, subject });
      return reply.code(204).send(null);
    },
  });
}

function acceptRoutes(app: ServerApp, access: Access): void {
  const { context } = access;
  app.route({
    method: 'GET',
    url: '/invitations/:token',
    config: { access: 'public', quiet: true },
    schema: { params: tokenParams, response: { 200: invitationState } },
    handler: async (request) => {
      const found = await openInvitation(context, request.params.token);
      const group = found && (await context.stores.groups.group(found.groupId));
      if (found === undefined || group === undefined) return { valid: false };
      const { email, roles, invitedBy, expiresAtMs } = found;
      const hasAccount = (await context.stores.accounts.userByEmail(email)) !== undefined;
      return { valid: true, groupName: group.name, email, roles: [...roles], invitedBy, expiresAtMs, hasAccount };
    },
  });
  app.route({
    method: 'POST',
    url: '/invitations/:token/accept',
    config: { access: 'public', quiet: true },
    schema: { params: tokenParams, body: acceptInvitationRequest, response: { 200: sessionAnswer } },
    handler: async (request, reply) => {
      checkSameOrigin(request, context.address);
      return acceptInvitation(access, request, reply, { token: request.params.token, ...request.body });
    },
  });
}

/** @throws CONFLICT */
async function requireRoom({ context }: Access, groupId: string, email: string): Promise<void> {
  const { members } = context.stores;
  if ((await members.members(groupId)).some(({ user }) => user.email === email)) {
    throw new AppError('CONFLICT', `${email} is a member of this group already`, {
      hint: 'Change the roles in the list of members.',
    });
  }
  const open = await members.invitations(groupId);
  if (open.length >= openBound && !open.some((one) => one.email === email)) {
    throw new AppError('CONFLICT', `${open.length} invitations are open`, {
      hint: 'Withdraw those that nobody needs.',
    });
  }
}

/** The link is given back either way: where mail cannot be sent it is handed over by hand. */
async function sendMail(
  { context }: Access,
  record: InvitationRecord,
  link: string,
): Promise<{ mailed: boolean; mailProblem?: string }> {
  if (!(await context.mailer.isReady())) return { mailed: false };
  try {
    const { group } = await context.fleet.group(record.groupId);
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(mailMs)]);
    await context.mailer.send(invitationMail(record, group.name, link), signal);
    return { mailed: true };
  } catch (thrown) {
    return { mailed: false, mailProblem: toAppError(thrown).message };
  }
}

function viewOf({ id, email, roles, invitedBy, createdAtMs, expiresAtMs }: InvitationRecord): Invitation {
  return { id, email, roles: [...roles], invitedBy, createdAtMs, expiresAtMs };
}
