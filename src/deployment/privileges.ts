import type { Document } from 'mongodb';
import { AppError, toAppError } from '../runtime/errors.ts';
import type { HostClient } from './connect.ts';

interface Privilege {
  readonly name: string;
  readonly database: string;
  readonly command: Document;
  /** What is missing on the pages without it. */
  readonly costs: string;
  /** Only on members of a replica set. */
  readonly setOnly?: boolean;
}

/** Everything that the agent asks of a host, and what each refusal costs: docs/install/privileges.md says the same. */
export const privileges: readonly Privilege[] = [
  {
    name: 'getDiagnosticData',
    database: 'admin',
    command: { getDiagnosticData: 1 },
    costs: 'no figures of the machine (CPU, memory, disks, network); the rest comes by single commands',
  },
  {
    name: 'serverStatus',
    database: 'admin',
    command: { serverStatus: 1, locks: 0, metrics: 0, wiredTiger: 0 },
    costs: 'no figures at all when getDiagnosticData is refused too',
  },
  {
    name: 'replSetGetStatus',
    database: 'admin',
    command: { replSetGetStatus: 1 },
    costs: 'no members, lag or elections',
    setOnly: true,
  },
  {
    name: 'replSetGetConfig',
    database: 'admin',
    command: { replSetGetConfig: 1 },
    costs: 'other members of the set are not found, configured delays are unknown',
    setOnly: true,
  },
  {
    name: 'collStats on local.oplog.rs',
    database: 'local',
    command: { collStats: 'oplog.rs' },
    costs: 'no size of the oplog when getDiagnosticData is refused too',
    setOnly: true,
  },
  {
    name: 'listDatabases',
    database: 'admin',
    command: { listDatabases: 1, nameOnly: true },
    costs: 'no figures of databases and collections',
  },
  { name: 'dbStats', database: 'admin', command: { dbStats: 1 }, costs: 'no sizes of databases' },
  {
    name: 'getCmdLineOpts',
    database: 'admin',
    command: { getCmdLineOpts: 1 },
    costs: 'no command line on the Info tab',
  },
  { name: 'getLog', database: 'admin', command: { getLog: 'startupWarnings' }, costs: 'no startup warnings' },
  { name: 'hostInfo', database: 'admin', command: { hostInfo: 1 }, costs: 'no machine on the Info tab' },
];

/** Those that the host refuses. @throws AppError when it cannot be asked. */
export async function missingPrivileges(
  client: HostClient,
  isMember: boolean,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Privilege[]> {
  const missing: Privilege[] = [];
  for (const privilege of privileges) {
    if (privilege.setOnly === true && !isMember) continue;
    try {
      await client.command(privilege.database, privilege.command, { deadlineMs, signal });
    } catch (thrown) {
      const { code } = toAppError(thrown);
      if (code === 'MONGODB_PRIVILEGE_MISSING') missing.push(privilege);
      else if (!(thrown instanceof AppError && thrown.details['answered'] === true)) throw thrown;
    }
  }
  return missing;
}

/** For mongosh, on the primary: makes the agent's user with the least rights. */
export function createUserSnippet(username = 'leafward'): string {
  return [
    'use admin',
    `db.createUser({`,
    `  user: ${JSON.stringify(username)},`,
    `  pwd: passwordPrompt(),`,
    `  roles: [{ role: "clusterMonitor", db: "admin" }]`,
    `})`,
  ].join('\n');
}

export function grantSnippet(username = 'leafward'): string {
  return `use admin\ndb.grantRolesToUser(${JSON.stringify(username)}, [{ role: "clusterMonitor", db: "admin" }])`;
}
