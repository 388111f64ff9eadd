import type { Backups } from './backups.ts';

/** The newest version that a member of the set runs, as monitoring saw it. */
export async function sourceVersionOf(backups: Backups, groupId: string, replicaSetId: string): Promise<string | null> {
  const fleet = await backups.context.fleet.group(groupId);
  const members = [...fleet.hosts.values()].filter((host) => host.replicaSetId === replicaSetId);
  const versions = members.flatMap(({ report }) => report?.version ?? []);
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? null;
}
