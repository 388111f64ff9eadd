import { randomBytes } from 'node:crypto';
import type { BlockSink, RunEntry, RunInfo } from '../blocks/ports.ts';
import { RunWriter } from '../blocks/run-writer.ts';
import { breathe } from './breathe.ts';
import type { FoldBuffer } from './fold-buffer.ts';
import type { FoldPass, PassCollection } from './fold-pass.ts';
import type { Growth, PointRun } from './ports.ts';

export interface WrittenCollection extends Omit<PassCollection, 'buffer'> {
  /** Written now; null: no document of it changed. */
  readonly delta: PointRun | null;
}

/** Writes what a pass gathered: a delta run for each collection whose documents changed. */
export async function* writeDeltas(
  pass: FoldPass,
  sink: BlockSink,
  options: { readonly groupKey: Buffer; readonly lenient: boolean },
): AsyncGenerator<WrittenCollection, void, void> {
  for (const { buffer, ...collection } of pass.collections()) {
    if (!collection.changed) {
      yield { ...collection, delta: null };
      continue;
    }
    yield { ...collection, delta: buffer === undefined ? null : await writeDelta(buffer, sink, options) };
  }
}

/** What was gathered of one collection as a run; null: nothing was. */
export async function writeDelta(
  buffer: FoldBuffer,
  sink: BlockSink,
  options: { readonly groupKey: Buffer; readonly lenient: boolean },
): Promise<PointRun | null> {
  const run = await writeRun(buffer.entries(), sink, options.groupKey);
  return run.entries === 0 ? null : pointRun(run, 'delta', options.lenient, buffer.growth);
}

async function writeRun(
  entries: AsyncIterable<RunEntry> | Iterable<RunEntry>,
  sink: BlockSink,
  groupKey: Buffer,
): Promise<RunInfo> {
  const writer = new RunWriter(sink, { groupKey });
  let count = 0;
  for await (const entry of entries) {
    const wait = writer.add(entry);
    if (wait !== undefined) await wait;
    if (++count % 64 === 0) await breathe();
  }
  return writer.finish();
}

export function pointRun(
  run: RunInfo,
  kind: PointRun['kind'],
  lenient: boolean,
  growth: Growth | null = null,
): PointRun {
  return { ...run, id: randomBytes(12).toString('hex'), kind, lenient, growth };
}
