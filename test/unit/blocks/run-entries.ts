import { BSON } from 'mongodb';
import { documentKey } from '../../../src/blocks/document-key.ts';
import type { BlockSink, RunEntry, RunInfo } from '../../../src/blocks/ports.ts';
import { RunWriter, type RunWriterOptions } from '../../../src/blocks/run-writer.ts';
import { fc } from '../../support/properties.ts';

export const groupKey = Buffer.alloc(32, 7);
export const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));
export const keyOf = (id: unknown): Buffer => documentKey(raw({ _id: id }));

export function put(id: number, text: string, sequence?: number): RunEntry {
  const entry = { kind: 'put', key: keyOf(id), document: raw({ _id: id, text }) } as const;
  return sequence === undefined ? entry : { ...entry, sequence: place(sequence) };
}
/** A place in natural order. */
export function place(sequence: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(sequence, 8);
  return bytes;
}
export const remove = (id: number): RunEntry => ({ kind: 'delete', key: keyOf(id) });
/** Each text is one update, to be appended to the document's. */
export function update(id: number, texts: readonly string[], upsert = false): RunEntry {
  return { kind: 'update', key: keyOf(id), updates: texts.map((text) => ({ update: raw({ add: text }), upsert })) };
}

/** Entries as text, so that a difference can be read. */
export function shown(entry: RunEntry): string {
  const document = entry.document === undefined ? '' : JSON.stringify(BSON.deserialize(entry.document));
  const updates = (entry.updates ?? []).map(
    (u) => `${u.upsert ? '!' : ''}${JSON.stringify(BSON.deserialize(u.update))}`,
  );
  const sequence = entry.sequence === undefined ? '' : ` @${entry.sequence.readUInt32BE(8)}`;
  return `${entry.kind} ${entry.key.toString('hex')} ${document}${updates.join()}${sequence}${entry.keyed === true ? ' keyed' : ''}`;
}

export async function writeRun(
  sink: BlockSink,
  entries: Iterable<RunEntry>,
  options: Partial<RunWriterOptions> = {},
): Promise<RunInfo> {
  const writer = new RunWriter(sink, { groupKey, ...options });
  for (const entry of entries) await writer.add(entry);
  return await writer.finish();
}

const text = fc.string({ maxLength: 30 });
/** Entries of all kinds in the order of their keys; ids from 0 to `ids`. */
export function anyEntries(ids: number, kinds: readonly RunEntry['kind'][]): fc.Arbitrary<RunEntry[]> {
  const entry = fc.tuple(
    fc.integer({ min: 0, max: ids }),
    fc.constantFrom(...kinds),
    text,
    fc.array(text, { minLength: 1, maxLength: 4 }),
  );
  return fc.uniqueArray(entry, { selector: ([id]) => id, maxLength: ids }).map((all) =>
    all
      .toSorted(([one], [two]) => one - two)
      .map(([id, kind, words, list]) => {
        if (kind === 'put') return put(id, words);
        return kind === 'delete' ? remove(id) : update(id, list);
      }),
  );
}
