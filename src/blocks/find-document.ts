import { documentOf, type VersionOf } from './combine.ts';
import type { ApplyUpdates, RunEntry } from './ports.ts';
import type { MergeInput } from './run-cursor.ts';

/** The document with this key (a `put` entry) in runs given oldest to newest. A few block reads: the newest runs first, until one holds all of it. */
export async function findDocument(
  inputs: readonly MergeInput[],
  key: Buffer,
  { apply, capped }: { readonly apply: ApplyUpdates; readonly capped: boolean },
): Promise<RunEntry | undefined> {
  const versions: VersionOf[] = [];
  for (const { reader, lenient } of inputs.toReversed()) {
    const entry = await reader.get(key);
    if (entry === undefined) continue;
    versions.push({ entry, lenient });
    // A document of a capped collection that was replaced keeps the place that an older put gave it.
    if (entry.kind === 'delete' || (entry.kind === 'put' && (!capped || entry.sequence !== undefined))) break;
  }
  return documentOf(versions, apply);
}
