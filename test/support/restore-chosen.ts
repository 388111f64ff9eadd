import {
  type DocumentsReport,
  type DocumentsSettings,
  onlyCollection,
  restoreDocuments,
} from '../../src/restore/documents/restore-documents.ts';
import { parseRename } from '../../src/restore/namespaces.ts';
import { makePlan } from '../../src/restore/plan.ts';
import type { RestoreSource } from '../../src/restore/ports.ts';
import { Target } from '../../src/restore/target.ts';

export interface ChosenSettings extends Partial<Omit<DocumentsSettings, 'onProgress' | 'now'>> {
  readonly rename?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Restores all documents of the source's only collection to a target, over `parallel` connections (4 unless told). */
export async function restoreChosen(
  source: RestoreSource,
  uri: string,
  { rename, signal = new AbortController().signal, parallel = 4, ...changes }: ChosenSettings = {},
): Promise<DocumentsReport> {
  const renames = rename === undefined ? [] : [parseRename(rename)];
  const plan = makePlan(source, { namespaces: [], renames, usersAndRoles: false });
  await using target = await Target.open({ uri, connections: parallel, signal });
  return await restoreDocuments(source, target, onlyCollection(plan), {
    existing: 'refuse',
    keepTtlOff: false,
    parallel,
    onProgress: () => {},
    now: () => performance.now(),
    ...changes,
  });
}
