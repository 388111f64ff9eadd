import { backupUserSnippet, missingBackupPrivileges } from '../deployment/backup-privileges.ts';
import { deadlineMs, type HostNeed, type SignedIn } from './doctor-host.ts';
import type { Finding } from './doctor-steps.ts';

/** What the backup agent needs of a member. */
export const backupNeeds: readonly HostNeed[] = [
  { step: 'oplog', title: 'It has an oplog', find: isOfSet },
  { step: 'privileges', title: 'Privileges for backups', find: checkPrivileges },
];

async function isOfSet({ isMember }: SignedIn): Promise<Finding> {
  if (isMember) return { message: 'It is a member of a replica set.' };
  return {
    state: 'failed',
    message: 'It is no member of a replica set, so there is no oplog to follow.',
    hint: 'Make it a replica set of one: start mongod with --replSet NAME, then rs.initiate() in mongosh. A mongos is backed up by its shards and config servers.',
  };
}

async function checkPrivileges({ client, connection, signal }: SignedIn): Promise<Finding> {
  const missing = await missingBackupPrivileges(client, deadlineMs, signal);
  if (missing.length === 0) return { message: 'All that a backup asks for is allowed.' };
  const user = connection.credentials?.username;
  const first =
    user === undefined
      ? 'The host demands a login. Make a user in mongosh, on the primary, then set it for the host or as mongodbUsername:'
      : 'In mongosh, on the primary:';
  const names = [...new Set(missing)];
  const more = names.length > 12 ? ` and ${names.length - 12} more` : '';
  return {
    state: 'failed',
    message: `Refused: ${names.slice(0, 12).join(', ')}${more}.`,
    hint: `${first}\n${backupUserSnippet(user)}`,
  };
}
