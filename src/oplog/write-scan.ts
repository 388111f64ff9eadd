import { elementType, textEnd } from '../model/bson-walk.ts';
import { eachOperation, readApplyOps } from './apply-ops.ts';
import { commandName } from './entry-changes.ts';
import { EntryFields } from './entry-fields.ts';

/** One operation: the entry's timestamp, where it writes (`database.collection`), and how many bytes of the oplog it takes. */
export type AddWrite = (ts: bigint, namespace: string, bytes: number) => void;

const op = { command: 0x63, nothing: 0x6e } as const;

/** Says which namespaces an entry writes to, for a chart of what fills the oplog. Transactions count where their operations do. */
export class WriteScan {
  readonly #fields = new EntryFields();
  readonly #operation = new EntryFields();

  /** Calls `add` for each operation of one entry (raw BSON); a no-op has none. @throws FORMAT_INVALID */
  writes(entry: Buffer, add: AddWrite): void {
    const fields = this.#fields;
    fields.read(entry, 0, entry.length);
    if (fields.op.start < 0 || fields.ns.start < 0 || entry[fields.op.start] === op.nothing) return;
    const ts = fields.tsAt < 0 ? 0n : entry.readBigUInt64LE(fields.tsAt);
    if (isApplyOps(entry, fields)) this.#operations(entry, fields, ts, add);
    else add(ts, namespaceOf(entry, fields), entry.length);
  }

  #operations(entry: Buffer, { o }: EntryFields, ts: bigint, add: AddWrite): void {
    const operation = this.#operation;
    const { start, end } = readApplyOps(entry, o.start, o.end);
    eachOperation(entry, start, end, (operationStart, operationEnd) => {
      operation.read(entry, operationStart, operationEnd);
      if (operation.ns.start >= 0) add(ts, namespaceOf(entry, operation), operationEnd - operationStart);
    });
  }
}

function isApplyOps(entry: Buffer, fields: EntryFields): boolean {
  return entry[fields.op.start] === op.command && fields.o.start >= 0 && commandName(entry, fields) === 'applyOps';
}

/** A command (`database.$cmd`) writes to the collection that it names. */
function namespaceOf(entry: Buffer, { op: kind, ns, o }: EntryFields): string {
  const namespace = entry.toString('utf8', ns.start, ns.end);
  if (entry[kind.start] !== op.command || o.start < 0 || entry[o.start + 4] !== elementType.string) return namespace;
  const valueAt = textEnd(entry, o.start + 5, o.end) + 1;
  const name = entry.toString('utf8', valueAt + 4, valueAt + 3 + entry.readInt32LE(valueAt));
  // renameCollection names its collection with its database.
  if (commandName(entry, { o }) === 'renameCollection') return name;
  return `${namespace.slice(0, namespace.indexOf('.') + 1)}${name}`;
}
