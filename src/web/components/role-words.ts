import type { Permission, Role } from '../../wire/api/access.ts';

/** The roles of a group in the order of how much they may do: name, and a sentence for who gives them out. */
export const roleWords: Readonly<Record<Role, { readonly name: string; readonly may: string }>> = {
  owner: {
    name: 'Owner',
    may: 'Everything in this group: members, keys and tokens, and all that the other roles may.',
  },
  monitoringAdmin: {
    name: 'Monitoring admin',
    may: 'Adds, changes and removes hosts, writes alert rules and notifiers, acknowledges alerts. Sees no documents.',
  },
  backupAdmin: {
    name: 'Backup admin',
    may: 'Starts, stops and ends backups, sets schedules, takes snapshots, runs drills. Sees no documents.',
  },
  dataAccess: {
    name: 'Data access',
    may: 'Restores, and reads documents as they were: whoever has it can read all the data that is backed up.',
  },
  readOnly: { name: 'Read only', may: 'Looks at hosts, charts, alerts and the state of backups; changes nothing.' },
};

export const allRoles: readonly Role[] = ['owner', 'monitoringAdmin', 'backupAdmin', 'dataAccess', 'readOnly'];

/** Who has a permission, for a sentence that says whom to ask. */
const holders: Readonly<Record<Permission, string>> = {
  'group.read': 'every member',
  'monitoring.write': 'an owner or a monitoring admin',
  'backup.write': 'an owner or a backup admin',
  'data.read': 'an owner or a member with data access',
  'group.own': 'an owner',
};

/** `read only`, `backup admin and data access`. */
export function rolesText(roles: readonly Role[]): string {
  const names = allRoles.filter((role) => roles.includes(role)).map((role) => roleWords[role].name.toLowerCase());
  return names.length < 2 ? (names[0] ?? 'no role') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Why a button is not there, and whom to ask: `what` completes "you cannot …". */
export function whyNot(roles: readonly Role[], permission: Permission, what: string): string {
  return `With your role here (${rolesText(roles)}) you cannot ${what}. Ask ${holders[permission]} of this group.`;
}
