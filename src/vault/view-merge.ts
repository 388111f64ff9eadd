import type { ApplyUpdate, BlockSource, RunEntry } from '../blocks/ports.ts';
import { RunReader, type RunReaderOptions } from '../blocks/run-reader.ts';
import { breathe } from './breathe.ts';
import type { PointRun } from './ports.ts';

export interface MergeOptions extends RunReaderOptions {
  readonly source: BlockSource;
  readonly apply: ApplyUpdate;
}
export interface MergedDocument {
  readonly key: Buffer;
  readonly document: Buffer;
  readonly sequence: Buffer | undefined;
  readonly keyed: boolean;
}
interface Head {
  readonly run: PointRun;
  readonly entries: AsyncGenerator<RunEntry, void, void>;
  entry: RunEntry | undefined;
}

/** Documents of a collection in the order of their keys, from runs oldest to newest. Each is valid until the next is asked for. */
export async function* mergeDocuments(
  runs: readonly PointRun[],
  from: Buffer | undefined,
  options: MergeOptions,
): AsyncGenerator<MergedDocument, void, void> {
  const heads: Head[] = runs.map((run) => ({
    run,
    entries: new RunReader(options.source, run, options).entries(from),
    entry: undefined,
  }));
  try {
    for (const head of heads) await advance(head);
    for (let count = 0; ; count++) {
      const key = lowest(heads);
      if (key === undefined) return;
      const merged = resolve(heads, key, options.apply);
      if (merged !== undefined) yield merged;
      for (const head of heads) if (head.entry?.key.equals(key) === true && head.entry.key !== key) await advance(head);
      for (const head of heads) if (head.entry?.key === key) await advance(head);
      if (count % 256 === 0) await breathe();
    }
  } finally {
    for (const head of heads) await head.entries.return();
  }
}

async function advance(head: Head): Promise<void> {
  const next = await head.entries.next();
  head.entry = next.done === true ? undefined : next.value;
}

function lowest(heads: readonly Head[]): Buffer | undefined {
  let key: Buffer | undefined;
  for (const { entry } of heads) {
    if (entry !== undefined && (key === undefined || Buffer.compare(entry.key, key) < 0)) key = entry.key;
  }
  return key;
}

function resolve(heads: readonly Head[], key: Buffer, apply: ApplyUpdate): MergedDocument | undefined {
  let document: Buffer | undefined;
  let sequence: Buffer | undefined;
  let keyed = false;
  for (const { entry, run } of heads) {
    if (entry === undefined || !entry.key.equals(key)) continue;
    if (entry.kind === 'update') {
      for (const update of entry.updates ?? []) document = apply(document, update, run.lenient);
      continue;
    }
    document = entry.kind === 'put' ? entry.document : undefined;
    sequence = entry.sequence;
    keyed = entry.keyed === true;
  }
  return document === undefined ? undefined : { key, document, sequence, keyed };
}
