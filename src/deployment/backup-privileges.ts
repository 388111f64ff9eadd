import { Binary, type Document } from 'mongodb';
import { toAppError } from '../runtime/errors.ts';
import type { HostClient } from './connect.ts';
import { roleSnippet } from './roles.ts';

/** What a backup cannot be made without, and the host refuses: "find on shop.orders". */
export type MissingBackupPrivilege = string;

/** The role of docs/install/backup-privileges.md, for mongosh. */
export const backupRoleSnippet = roleSnippet('backup');

const mostDatabases = 100;

/**
 * Tries what a scan and the following of the oplog ask of a member, each on one collection of every database (100 at most), by reading
 * one document. What the built-in role `backup` lacks and the agent makes good (system.views, splitVector) is not tried.
 * @throws AppError when the host cannot be asked
 */
export async function missingBackupPrivileges(
  client: HostClient,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<readonly MissingBackupPrivilege[]> {
  const missing: string[] = [];
  const run = (database: string, command: Document): Promise<Document> =>
    client.command(database, command, { deadlineMs, signal });
  const tries: Try = async (name, work) => {
    try {
      return await work();
    } catch (thrown) {
      const { code, details } = toAppError(thrown);
      if (code === 'MONGODB_PRIVILEGE_MISSING') missing.push(name);
      // Something that came or went meanwhile says nothing of rights.
      else if (details['answered'] !== true) throw thrown;
      return undefined;
    }
  };
  for (const name of ['replSetGetStatus', 'replSetGetConfig']) await tries(name, () => run('admin', { [name]: 1 }));
  for (const [database, collection] of fixedReads)
    await tries(`find on ${database}.${collection}`, () => run(database, { find: collection, limit: 1 }));
  // Without authorizedDatabases a user who may not list them all is shown some, and nothing is refused.
  const listed = await tries('listDatabases', () =>
    run('admin', { listDatabases: 1, nameOnly: true, authorizedDatabases: false }),
  );
  const names: unknown[] = Array.isArray(listed?.['databases']) ? listed['databases'].map(({ name }) => name) : [];
  for (const database of names.slice(0, mostDatabases))
    if (typeof database === 'string' && database !== 'local') await tryDatabase(database, { run, tries });
  return missing;
}

type Try = (name: string, work: () => Promise<Document>) => Promise<Document | undefined>;

interface Asking {
  readonly run: (database: string, command: Document) => Promise<Document>;
  readonly tries: Try;
}

const fixedReads = [
  ['local', 'oplog.rs'],
  ['config', 'transactions'],
  ['admin', 'system.users'],
  ['admin', 'system.roles'],
  ['admin', 'system.version'],
] as const;

async function tryDatabase(database: string, { run, tries }: Asking): Promise<void> {
  const listed = await tries(`listCollections on ${database}`, () =>
    run(database, { listCollections: 1, cursor: { batchSize: 10_000 } }),
  );
  // Of config little is backed up, and which collections it has differs by version.
  if (database === 'config') return;
  const collections = collectionsOf(listed).filter(({ name }) => name !== 'system.views');
  const some = [
    collections.find(({ name }) => !name.startsWith('system.')),
    collections.find(({ name }) => name.startsWith('system.buckets.')),
    collections.find(({ name }) => name === 'system.js'),
  ];
  for (const one of some) {
    if (one === undefined) continue;
    const { name, uuid } = one;
    const found = await tries(`find on ${database}.${name}`, () => run(database, { find: name, limit: 1 }));
    if (found === undefined) continue;
    await tries(`listIndexes on ${database}.${name}`, () => run(database, { listIndexes: name }));
    await tries('useUUID', () => run(database, { find: uuid, limit: 1 }));
  }
}

function collectionsOf(listed: Document | undefined): readonly { readonly name: string; readonly uuid: Binary }[] {
  const entries: unknown = listed?.['cursor']?.firstBatch;
  if (!Array.isArray(entries)) return [];
  return entries.flatMap(({ name, info }) => {
    const uuid: unknown = info?.uuid;
    return typeof name === 'string' && uuid instanceof Binary ? [{ name, uuid }] : [];
  });
}

/** For mongosh, on the primary: the built-in roles that do, and the role that may do no more, for a user that is there or a new one. */
export function backupUserSnippet(username: string | undefined): string {
  const user = JSON.stringify(username ?? 'leafward-backup');
  const roles = '["backup", "clusterMonitor"]';
  const make = (named: string): string =>
    username === undefined
      ? `db.createUser({ user: ${user}, pwd: passwordPrompt(), roles: ${named} })`
      : `db.grantRolesToUser(${user}, ${named})`;
  return [
    'use admin',
    make(roles),
    '// or, in its place, a role that may do no more:',
    backupRoleSnippet,
    make('["leafwardBackup"]'),
  ].join('\n');
}
