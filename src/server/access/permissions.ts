import type { Permission, Role } from '../../wire/api/access.ts';

/** What each role of a group may do: the one place that says it. docs/people.md shows this table. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  owner: ['group.read', 'monitoring.write', 'backup.write', 'data.read', 'group.own'],
  monitoringAdmin: ['group.read', 'monitoring.write'],
  backupAdmin: ['group.read', 'backup.write'],
  dataAccess: ['group.read', 'data.read'],
  readOnly: ['group.read'],
};

const order = rolePermissions.owner;

/** What somebody with these roles may do, always in the same order. */
export function permissionsOf(roles: readonly Role[]): readonly Permission[] {
  return order.filter((permission) => roles.some((role) => rolePermissions[role].includes(permission)));
}

/** Who has a permission, in words for a refusal: "owner or backupAdmin". */
export function rolesWith(permission: Permission): string {
  const names = Object.entries(rolePermissions).flatMap(([role, list]) => (list.includes(permission) ? [role] : []));
  return names.join(' or ');
}

export function isPermission(access: string): access is Permission {
  return order.some((permission) => permission === access);
}
