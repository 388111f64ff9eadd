import type { User } from '../../../wire/api/people.ts';

export interface GroupPeople {
  readonly id: string;
  readonly name: string;
  readonly members: number;
  /** E-mail addresses. */
  readonly owners: readonly string[];
}

/** The groups that anybody belongs to, by name. */
export function groupsOf(users: readonly User[]): readonly GroupPeople[] {
  const found = new Map<string, { id: string; name: string; members: number; owners: string[] }>();
  for (const { email, groups } of users) {
    for (const { id, name, roles } of groups) {
      const group = found.get(id) ?? { id, name, members: 0, owners: [] };
      group.members++;
      if (roles.includes('owner')) group.owners.push(email);
      found.set(id, group);
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}
