import type { ApplyUpdate, BlockSource, RunUpdate } from '../blocks/ports.ts';
import { RunReader, type RunReaderOptions } from '../blocks/run-reader.ts';
import type { BaseDocument } from './fold-buffer.ts';
import type { PointRun } from './ports.ts';

export interface LookupOptions extends RunReaderOptions {
  readonly source: BlockSource;
  readonly apply: ApplyUpdate;
}

/** The document with this key in runs from oldest to newest: newest first, until one holds all of it. A few block reads. */
export async function lookUp(
  runs: readonly PointRun[],
  key: Buffer,
  { source, apply, ...options }: LookupOptions,
): Promise<BaseDocument | undefined> {
  const pending: { readonly updates: readonly RunUpdate[]; readonly lenient: boolean }[] = [];
  let document: Buffer | undefined;
  let sequence: Buffer | undefined;
  for (const run of runs.toReversed()) {
    const entry = await new RunReader(source, run, options).get(key);
    if (entry === undefined) continue;
    if (entry.kind === 'update') {
      pending.push({ updates: entry.updates ?? [], lenient: run.lenient });
      continue;
    }
    document = entry.kind === 'put' ? entry.document : undefined;
    sequence = entry.sequence;
    break;
  }
  for (const { updates, lenient } of pending.reverse()) {
    for (const update of updates) document = apply(document, update, lenient);
  }
  if (document === undefined) return undefined;
  return { document, ...(sequence === undefined ? {} : { sequence }) };
}
