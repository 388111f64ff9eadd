import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Permission, Role, SessionAnswer } from '../wire/api/access.ts';

export interface SessionView {
  readonly session: SessionAnswer;
  /** Reads the session again: a name, a role or a warning changed. */
  readonly refresh: () => void;
}

export interface GroupView extends SessionView {
  readonly groupId: string;
  readonly groupName: string;
  readonly roles: readonly Role[];
  /** Whether this person may do in this group what a route of it asks for. */
  readonly may: (permission: Permission) => boolean;
}

export const SessionContext = createContext<SessionView | null>(null);
export const GroupContext = createContext<GroupView | null>(null);

/** Who is signed in. Only on pages behind the sign-in. */
export function useSession(): SessionView {
  const view = useContext(SessionContext);
  if (view === null) throw new Error('nobody is signed in');
  return view;
}

/** The group on screen and what this person may do in it. Only inside the shell of a group. */
export function useGroup(): GroupView {
  const view = useContext(GroupContext);
  if (view === null) throw new Error('no group is on screen');
  return view;
}

/** The view of one group of a session; null when this person is no member of it. */
export function groupView({ session, refresh }: SessionView, groupId: string): GroupView | null {
  const group = session.groups.find(({ id }) => id === groupId);
  if (group === undefined) return null;
  const permissions = new Set(group.permissions);
  const may = (permission: Permission) => permissions.has(permission);
  return { session, refresh, groupId, groupName: group.name, roles: group.roles, may };
}
