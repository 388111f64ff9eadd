import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import type { SessionAnswer } from '../../wire/api/access.ts';
import { userSubject } from '../audit/subjects.ts';
import { type AuditSource, audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { Access } from './access.ts';
import { newUser } from './accounts.ts';
import { userActor } from './actor.ts';
import { openSession } from './open-session.ts';
import { hashPassword } from './password-hash.ts';
import type { InvitationRecord, UserRecord } from './ports.ts';
import { hashSecret } from './secret-token.ts';
import { answerOf } from './session-answer.ts';
import { makerOf } from './token-check.ts';

interface Acceptance {
  readonly token: string;
  readonly name?: string | undefined;
  readonly password?: string | undefined;
}

/** The invitation of a link, while it holds: a week, and as long as who made it owns the group. */
export async function openInvitation(
  { stores, clock }: ServerContext,
  token: string,
): Promise<InvitationRecord | undefined> {
  const found = await stores.members.invitation(hashSecret(token));
  if (found === undefined || found.expiresAtMs <= clock.now()) return undefined;
  // Who no longer owns the group does not come back by an invitation that they kept.
  const maker = await makerOf(stores, found);
  return maker === null || maker.permissions.includes('group.own') ? found : undefined;
}

/**
 * Makes the account that the invitation is for and signs it in; an account that exists is joined by who is signed in to
 * it. Of two at once one gets LINK_EXPIRED. @throws LINK_EXPIRED, SIGN_IN_REQUIRED, FORBIDDEN, INPUT_INVALID
 */
export async function acceptInvitation(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  input: Acceptance,
): Promise<SessionAnswer> {
  const { context } = access;
  const found = await openInvitation(context, input.token);
  if (found === undefined) throw invitationGone();
  const known = await context.stores.accounts.userByEmail(found.email);
  if (known !== undefined) return join(access, request, found);
  if (input.password === undefined) {
    throw new AppError('INPUT_INVALID', 'a new account needs a password', { details: { field: 'password' } });
  }
  const passwordHash = await hashPassword(input.password);
  const user = newUser(context.clock, { email: found.email, name: input.name ?? '', passwordHash, emailProven: false });
  if (!(await context.stores.members.acceptInvitation(found.hash, user, true, context.clock.now()))) {
    throw invitationGone();
  }
  const source = { actor: { kind: 'user', id: user.id, name: user.email }, ip: request.ip } as const;
  await audit(context, source, { action: 'user.added', subject: userSubject(user), detail: { by: 'invitation' } });
  await noteJoined(context, source, found, user);
  return openSession(access, request, reply, user.id, 'password');
}

async function join(access: Access, request: FastifyRequest, found: InvitationRecord): Promise<SessionAnswer> {
  const { context } = access;
  const actor = userActor(await access.authenticator.admit(request, 'user'));
  if (actor.user.email !== found.email) {
    throw new AppError('FORBIDDEN', `this invitation is for ${found.email}; you are signed in as ${actor.user.email}`, {
      hint: `Sign out, and in again as ${found.email}.`,
    });
  }
  if (!(await context.stores.members.acceptInvitation(found.hash, actor.user, false, context.clock.now()))) {
    throw invitationGone();
  }
  await noteJoined(context, { actor, ip: request.ip }, found, actor.user);
  return answerOf(access, { ...actor, roles: new Map([...actor.roles, [found.groupId, found.roles]]) });
}

async function noteJoined(
  context: ServerContext,
  source: AuditSource,
  { groupId, roles, invitedBy }: InvitationRecord,
  user: UserRecord,
): Promise<void> {
  const detail = { roles: [...roles], invitedBy };
  await audit(context, source, { action: 'member.joined', groupId, subject: userSubject(user), detail });
}

function invitationGone(): AppError {
  return new AppError('LINK_EXPIRED', 'this invitation was accepted, withdrawn or has expired', {
    hint: 'Ask an owner of the group for a new one.',
  });
}
