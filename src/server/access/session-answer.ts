import { buildInfo } from '../../runtime/build-info.ts';
import type { SessionAnswer } from '../../wire/api/access.ts';
import { addressWarnings } from '../server-address.ts';
import type { Access } from './access.ts';
import type { UserActor } from './actor.ts';
import { permissionsOf } from './permissions.ts';
import { lacksSecondFactor, serverRequiresSecondFactor } from './second-factor-gate.ts';

/** Who is signed in, and what they may do in which group. */
export async function answerOf({ context, secondFactors }: Access, actor: UserActor): Promise<SessionAnswer> {
  const { user } = actor;
  const groups = await context.stores.groups.groups();
  const lacking = lacksSecondFactor(actor);
  return {
    user: {
      id: user.id,
      email: user.email,
      name: user.name,
      administrator: user.administrator,
      recoveryCodesLeft: secondFactors.recoveryCodesLeft(user),
    },
    groups: groups.flatMap(({ id, name, secondFactorRequired }) => {
      const roles = actor.roles.get(id);
      if (roles === undefined) return [];
      const permissions = [...permissionsOf(roles)];
      return [{ id, name, roles: [...roles], permissions, secondFactorMissing: lacking && secondFactorRequired }];
    }),
    secondFactorMissing: lacking && (await serverRequiresSecondFactor(context)),
    csrf: actor.csrf,
    serverVersion: buildInfo.version,
    warnings: addressWarnings(context.address),
  };
}
