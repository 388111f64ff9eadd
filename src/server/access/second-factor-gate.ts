import type { FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import type { ServerContext } from '../context.ts';
import { accessSection } from './access-section.ts';
import type { UserActor } from './actor.ts';

/** Whether this session lacks a second factor: a provider (OIDC) has asked for its own. */
export function lacksSecondFactor({ user, session }: UserActor): boolean {
  return user.secondFactor === null && session.method !== 'oidc';
}

export async function serverRequiresSecondFactor({ instance }: Pick<ServerContext, 'instance'>): Promise<boolean> {
  return (await instance.read(accessSection)).value.secondFactorRequired;
}

/** Where the server or the group asks for a second factor, one without can do nothing but set it up. @throws SECOND_FACTOR_REQUIRED */
export async function requireSecondFactor(
  context: ServerContext,
  request: FastifyRequest,
  actor: UserActor,
  groupId: string | undefined,
): Promise<void> {
  if (!lacksSecondFactor(actor) || request.routeOptions.config.beforeSecondFactor === true) return;
  if (await serverRequiresSecondFactor(context)) throw missing('this server');
  if (groupId === undefined) return;
  const { group } = await context.fleet.group(groupId);
  if (group.secondFactorRequired) throw missing(`the group ${group.name}`);
}

function missing(what: string): AppError {
  return new AppError('SECOND_FACTOR_REQUIRED', `${what} asks for a second factor, and this account has none yet`);
}
