import { AppError } from '../../runtime/errors.ts';
import { type Actor, permissionsIn } from '../access/actor.ts';
import type { HostRecord } from '../ports.ts';
import type { GroupFleet } from './fleet.ts';
import { reachOf } from './host-donors.ts';

/** Called with a host before it is saved; `typed`: its login came with this request. Throws when it may not be. */
export type LoginGuard = (after: HostRecord, typed: boolean) => void;

/**
 * A stored login goes nowhere else by the word of somebody who does not know it: where it is sent, and whether by TLS, an owner
 * changes. Others may when they type the login anew. @throws FORBIDDEN
 */
export function loginGuard(actor: Actor | null, fleet: GroupFleet): LoginGuard {
  const { id: groupId } = fleet.group;
  if (actor !== null && permissionsIn(actor, groupId)?.includes('group.own') === true) return () => {};
  return (changed, typed) => {
    const before = [...fleet.hosts.values()].filter(({ standing }) => standing === 'watched');
    const at = before.findIndex(({ id }) => id === changed.id);
    const after = at === -1 ? [...before, changed] : before.with(at, changed);
    const [was, is] = [reachOf(before), reachOf(after)];
    for (const host of after) {
      const { login, tls } = is(host);
      if (login === undefined || (typed && host.id === changed.id)) continue;
      const known = fleet.hosts.get(host.id);
      const old = known === undefined ? undefined : was(known);
      const isSent = known?.host !== host.host || known.connectTo !== host.connectTo || old?.tls !== tls;
      const isLent = login.id !== host.id && (old?.login === undefined || old.login.id === host.id);
      if (isSent || isLent) throw refusal(host, changed, known);
    }
  };
}

function refusal(host: HostRecord, changed: HostRecord, known: HostRecord | undefined): AppError {
  const field = known?.host === host.host ? (known.connectTo === host.connectTo ? 'tls' : 'connectTo') : 'host';
  const what = `this would send the stored login of ${host.host} another way`;
  return new AppError('FORBIDDEN', `${what}: that needs the permission group.own, which the role owner has`, {
    hint: 'Ask an owner of the group, or type user and password of the host anew with this change.',
    details: { permission: 'group.own', ...(host.id === changed.id && { field }) },
  });
}
