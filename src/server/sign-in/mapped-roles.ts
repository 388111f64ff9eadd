import type { Role } from '../../wire/api/access.ts';
import type { RoleMapping } from '../../wire/api/sign-in.ts';
import type { ProvenPerson } from './proven-person.ts';

export interface MappedRoles {
  /** Roles by group, for every group that the provider's mapping names: none means that the person is not in it. */
  readonly groups: ReadonlyMap<string, readonly Role[]>;
  /** Undefined: the mapping names no administrators, so that the provider has no say in it. */
  readonly administrator: boolean | undefined;
}

/** Values are compared without regard to case, as directories do. */
export function mappedRoles(mapping: readonly RoleMapping[], { provider, values }: ProvenPerson): MappedRoles {
  const own = new Set(values.map((value) => value.toLowerCase()));
  const groups = new Map<string, Role[]>();
  let administrator: boolean | undefined;
  for (const entry of mapping) {
    if (entry.provider !== provider) continue;
    const fits = own.has(entry.value.toLowerCase());
    if (entry.administrator) administrator = fits || administrator === true;
    if (entry.groupId === null) continue;
    const roles = groups.get(entry.groupId) ?? [];
    if (fits) roles.push(...(entry.roles ?? []).filter((role) => !roles.includes(role)));
    groups.set(entry.groupId, roles);
  }
  return { groups, administrator };
}

export function grantsNothing({ groups, administrator }: MappedRoles): boolean {
  return administrator !== true && [...groups.values()].every((roles) => roles.length === 0);
}
