import { readBatches } from './batch-reader.ts';
import { dropCollection, isRefusal, type Refusal } from './create-collection.ts';
import type { RestoreSource, SourceCollection } from './ports.ts';
import { insertRaw } from './raw-insert.ts';
import type { Target } from './target.ts';
import { reasonOf } from './target-error.ts';

const parameters = {
  'system.users': { collection: 'leafwardUsers', name: 'tempUsersCollection' },
  'system.roles': { collection: 'leafwardRoles', name: 'tempRolesCollection' },
} as const;

/**
 * Users and roles of the source, by the server's own command for it: written beside `admin.system.users`, checked and taken over by
 * `_mergeAuthzCollections`. Those that the target has besides stay as they are, the account that restores among them.
 */
export async function restoreAccounts(
  target: Target,
  source: RestoreSource,
  accounts: readonly SourceCollection[],
): Promise<{ readonly accounts: number; readonly refusals: readonly Refusal[] }> {
  const merge: Record<string, unknown> = { _mergeAuthzCollections: 1, db: '', drop: false };
  let written = 0;
  try {
    for (const { info } of accounts) {
      const { collection, name } =
        info.name === 'system.users' ? parameters['system.users'] : parameters['system.roles'];
      await dropCollection(target, 'admin', collection);
      merge[name] = `admin.${collection}`;
      for await (const batch of readBatches(source, info.uuid, target.signal)) {
        const settings = { ordered: false, keepEmptyTimestamps: false };
        await target.attempt((signal) =>
          insertRaw(target.database('admin'), collection, batch, { ...settings, signal }),
        );
        written += batch.count;
      }
    }
    if (written > 0) await target.command('admin', { ...merge, writeConcern: { w: 'majority', wtimeout: 60_000 } });
    return { accounts: written, refusals: [] };
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    const refusal = { namespace: 'admin', kind: 'account', name: 'users and roles', reason: reasonOf(thrown) } as const;
    return { accounts: 0, refusals: [refusal] };
  } finally {
    for (const { collection } of Object.values(parameters)) await dropCollection(target, 'admin', collection);
  }
}
