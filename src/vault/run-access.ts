import type { ChunkReads } from '../blocks/chunk-reads.ts';
import { findDocument } from '../blocks/find-document.ts';
import type { IndexCache } from '../blocks/index-cache.ts';
import type { BlockSource, UpdateRules } from '../blocks/ports.ts';
import type { MergeInput } from '../blocks/run-cursor.ts';
import { RunReader } from '../blocks/run-reader.ts';
import type { BaseDocument } from './fold-buffer.ts';
import type { PointRun } from './ports.ts';

/** How runs are read: where their blocks are, and what applies updates. */
export interface RunAccess {
  readonly source: BlockSource;
  readonly groupKey: Buffer;
  readonly cache: IndexCache;
  readonly rules: UpdateRules;
  /** As RunReaderOptions has it. */
  readonly trustsEnvelopes?: boolean;
  /** Reads that go on where they stand; none given: each begins anew. */
  readonly reads?: ChunkReads;
}

/** Runs, oldest first, as a merge takes them. */
export function inputsOf(runs: readonly PointRun[], { source, ...how }: RunAccess): MergeInput[] {
  return runs.map((run) => ({
    reader: new RunReader(source, run, how),
    lenient: run.lenient,
    base: run.kind === 'base',
  }));
}

/** The document with this key in runs from oldest to newest. A few block reads. */
export async function lookUp(
  runs: readonly PointRun[],
  key: Buffer,
  capped: boolean,
  access: RunAccess,
): Promise<BaseDocument | undefined> {
  const found = await findDocument(inputsOf(runs, access), key, { apply: access.rules.apply, capped });
  if (found?.document === undefined) return undefined;
  return { document: found.document, ...(found.sequence === undefined ? {} : { sequence: found.sequence }) };
}
