import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Role, SessionAnswer } from '../wire/api/access.ts';

export interface GroupView {
  readonly session: SessionAnswer;
  readonly groupId: string;
  readonly groupName: string;
  readonly role: Role;
  /** Reads the session again: a name or a warning changed. */
  readonly refresh: () => void;
}

export const GroupContext = createContext<GroupView | null>(null);

/** The group on screen and what this person may do in it. Only inside the shell. */
export function useGroup(): GroupView {
  const view = useContext(GroupContext);
  if (view === null) throw new Error('no group is on screen');
  return view;
}

export function mayChange(role: Role): boolean {
  return role !== 'viewer';
}
