import { join } from 'node:path';
import { Backups } from '../server/backup/backups.ts';
import type { RestoreStream } from '../server/backup/ports.ts';
import type { ServerBase } from '../server/context.ts';
import type { SqlDatabase } from '../storage/sqlite/database.ts';
import { createDrillStore } from '../storage/sqlite/drill-store.ts';
import { createHoldStore, createLinkStore } from '../storage/sqlite/restore-link-store.ts';
import { createSetLeaseStore } from '../storage/sqlite/set-lease-store.ts';
import type { MasterKeySource } from './master-key.ts';
import { startVaultThread } from './vault-thread.ts';

/** Backups of a server: their store in `DIR/backups`, worked on by a thread of its own. @throws what the store throws */
export async function openBackups(
  context: ServerBase,
  database: SqlDatabase,
  { dataDir, masterKey }: { readonly dataDir: string; readonly masterKey?: MasterKeySource },
): Promise<Backups> {
  const dir = join(dataDir, 'backups');
  const holds = createHoldStore(database);
  const store = createLinkStore(database);
  const known = await store.links();
  const options = {
    dir,
    holds: await holds.valid(context.clock.now()),
    ...(masterKey === undefined ? {} : { masterKey }),
  };
  const vault = await startVaultThread(options, context.log);
  return new Backups(context, {
    vault,
    leases: createSetLeaseStore(database),
    drills: createDrillStore(database),
    stream,
    links: { store, known },
    holds,
  });
}

/** Loaded when the first link is used: it brings the driver's BSON along. */
const stream: RestoreStream = async function* (request) {
  const { restoreStream } = await import('../restore/restore-stream.ts');
  yield* restoreStream(request);
};
