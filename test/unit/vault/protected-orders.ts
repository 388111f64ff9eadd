import { timestampText } from '../../../src/model/optime.ts';
import { updateRules } from '../../../src/oplog/update-rules.ts';
import { Folder } from '../../../src/vault/folder.ts';
import { at, type Doc, documentsOf, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import type { TestEngine } from './test-engine.ts';

export const ordersUuid = '11'.repeat(16);
export const orders = { uuid: ordersUuid, database: 'shop', name: 'orders' };
export const signal = new AbortController().signal;
export const fold = (engine: TestEngine, all = true) =>
  new Folder(engine.stores, updateRules).fold(replicaSetId, { all, snapshot: null, signal });

/** A set with one collection, scanned from 100 to 110 s and folded. */
export async function protectedOrders(
  engine: TestEngine,
  documents: readonly Doc[] = [],
  filter = settings.filter,
): Promise<SourceModel> {
  const source = new SourceModel();
  await engine.vault.start(groupId, replicaSetId, 'rs0', { ...settings, filter });
  source.nothing(at(100));
  source.nothing(at(110));
  await scan(engine.vault, [{ ...orders, documents }], at(100), at(110));
  await source.send(engine.vault);
  // What folds by itself takes turns with nobody but itself.
  if (engine.isAutomatic) await engine.vault.takeSnapshot(groupId, replicaSetId);
  else await fold(engine);
  return source;
}

/** The documents of that collection as of a moment. */
export async function readOrders(engine: TestEngine, ts: bigint): Promise<readonly Doc[]> {
  const { viewId } = await engine.vault.openView(groupId, replicaSetId, { optime: timestampText(ts) });
  const found = await documentsOf(engine.vault, viewId, ordersUuid);
  await engine.vault.closeView(viewId);
  return found;
}
