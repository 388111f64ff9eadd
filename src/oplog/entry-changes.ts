import { documentKey } from '../blocks/document-key.ts';
import { damagedBson, textEnd } from '../model/bson-walk.ts';
import { isNeverKept } from '../model/namespace-filter.ts';
import { AppError } from '../runtime/errors.ts';
import { eachOperation, readApplyOps } from './apply-ops.ts';
import { checkUpdate, updateHasId, updateKind, upsertBody, withIdFirst } from './apply-update.ts';
import { viewsName } from './catalog-views.ts';
import { EntryFields } from './entry-fields.ts';
import type { OplogEmit } from './oplog-emit.ts';

/** When the changes of an entry became visible, and how many there were before the next one. */
export interface Moment {
  readonly ts: bigint;
  index: number;
  /** Updates insert where there is no document. */
  readonly upserts: boolean;
}

const catalogCommands: ReadonlySet<string> = new Set([
  'create',
  'createIndexes',
  'startIndexBuild',
  'commitIndexBuild',
  'abortIndexBuild',
  'drop',
  'dropIndexes',
  'deleteIndexes',
  'dropIndex',
  'deleteIndex',
  'dropDatabase',
  'renameCollection',
  'collMod',
  'convertToCapped',
  'emptycapped',
]);
/** Compares data of members, changes none. */
const harmlessCommands: ReadonlySet<string> = new Set(['dbCheck']);
const op = { insert: 0x69, update: 0x75, delete: 0x64, command: 0x63, nothing: 0x6e } as const;
/** The server's own limit of applyOps within applyOps is 10. */
const deepestApplyOps = 16;
/** More names than any deployment has at work at one time; beyond it what is remembered is forgotten. */
const mostRemembered = 50_000;
const nothing = Buffer.alloc(0);

type Standing = 'never kept' | 'kept' | 'views';

/** Turns one operation (an entry, or a part of applyOps) into the changes that it makes. Holds nothing but what it remembers of names. */
export class EntryChanges {
  readonly #byDepth: EntryFields[] = [];
  readonly #standings = new Map<string, Standing>();
  #uuidBytes = Buffer.alloc(16);
  #uuid = '0'.repeat(32);

  /** Emits what the operation changes; answers whether that was anything. */
  emit(bytes: Buffer, fields: EntryFields, moment: Moment, emit: OplogEmit, depth = 0): boolean {
    const { op: place, ns } = fields;
    if (place.start < 0 || ns.start < 0 || fields.o.start < 0) throw damagedBson(0, 'op, ns or o is missing');
    const kind = place.end - place.start === 1 ? bytes[place.start] : 0;
    switch (kind) {
      case op.insert:
      case op.update:
      case op.delete:
        return this.#document(bytes, fields, kind, moment, emit);
      case op.command:
        return this.#command(bytes, fields, moment, emit, depth);
      case op.nothing:
        return false;
      default:
        throw unknown('a kind of entry');
    }
  }

  /** Emits the operations of an array of applyOps. */
  emitAll(bytes: Buffer, start: number, end: number, moment: Moment, emit: OplogEmit, depth = 0): boolean {
    if (depth > deepestApplyOps) throw damagedBson(start, 'applyOps within applyOps goes too deep');
    const fields = (this.#byDepth[depth] ??= new EntryFields());
    let any = false;
    eachOperation(bytes, start, end, (operationStart, operationEnd) => {
      fields.read(bytes, operationStart, operationEnd);
      try {
        if (this.emit(bytes, fields, moment, emit, depth + 1)) any = true;
      } catch (thrown) {
        throw named(thrown, bytes, fields);
      }
    });
    return any;
  }

  #document(bytes: Buffer, fields: EntryFields, kind: number, moment: Moment, emit: OplogEmit): boolean {
    if (kind === op.update && fields.o2.start < 0) {
      throw damagedBson(fields.o.start, 'an update does not say which document it changes');
    }
    const standing = this.#standing(bytes, fields.ns.start, fields.ns.end);
    if (standing === 'never kept') return false;
    if (standing === 'views') this.#view(bytes, fields, kind, moment, emit);
    if (fields.uuidAt < 0) throw unknown('a change of a document that does not say the UUID of its collection');
    const { ts } = moment;
    const index = moment.index++;
    const collection = this.#uuidAt(bytes, fields.uuidAt);
    const { o, o2 } = fields;
    if (kind === op.insert) {
      emit.change({
        kind: 'put',
        collection,
        ts,
        index,
        key: documentKey(bytes, o.start, o.end),
        body: withIdFirst(part(bytes, o)),
      });
      return true;
    }
    if (kind === op.delete) {
      emit.change({ kind: 'delete', collection, ts, index, key: documentKey(bytes, o.start, o.end), body: nothing });
      return true;
    }
    const key = documentKey(bytes, o2.start, o2.end);
    const body = part(bytes, o);
    if (updateKind(body) === 'replacement' && updateHasId(body)) {
      emit.change({ kind: 'put', collection, ts, index, key, body: withIdFirst(body), replaces: true });
      return true;
    }
    checkUpdate(body);
    if (fields.upsert || moment.upserts) {
      const both = upsertBody(part(bytes, o2), body);
      emit.change({ kind: 'update', collection, ts, index, key, body: both, upsert: true });
    } else {
      emit.change({ kind: 'update', collection, ts, index, key, body });
    }
    return true;
  }

  #command(bytes: Buffer, fields: EntryFields, moment: Moment, emit: OplogEmit, depth: number): boolean {
    const command = commandName(bytes, fields);
    if (command === 'applyOps') {
      const { start, end, alwaysUpsert } = readApplyOps(bytes, fields.o.start, fields.o.end);
      const inner = { ...moment, upserts: alwaysUpsert };
      const any = this.emitAll(bytes, start, end, inner, emit, depth);
      moment.index = inner.index;
      return any;
    }
    if (harmlessCommands.has(command)) return false;
    if (!catalogCommands.has(command)) throw unknown(`the command "${command}"`);
    const namespace = bytes.toString('utf8', fields.ns.start, fields.ns.end);
    const dot = namespace.indexOf('.');
    emit.catalog({
      ts: moment.ts,
      index: moment.index++,
      database: dot < 0 ? namespace : namespace.slice(0, dot),
      command,
      uuid: fields.uuidAt < 0 ? null : this.#uuidAt(bytes, fields.uuidAt),
      o: part(bytes, fields.o),
      o2: fields.o2.start < 0 ? null : part(bytes, fields.o2),
    });
    return true;
  }

  /** The same string for one collection's entries that follow each other. */
  #uuidAt(bytes: Buffer, at: number): string {
    if (this.#uuidBytes.compare(bytes, at, at + 16) !== 0) {
      bytes.copy(this.#uuidBytes, 0, at, at + 16);
      this.#uuid = this.#uuidBytes.toString('hex');
    }
    return this.#uuid;
  }

  #standing(bytes: Buffer, start: number, end: number): Standing {
    const name = bytes.toString('latin1', start, end);
    const known = this.#standings.get(name);
    if (known !== undefined) return known;
    const namespace = bytes.toString('utf8', start, end);
    const standing = isNeverKept(namespace) ? 'never kept' : namespace.endsWith(`.${viewsName}`) ? 'views' : 'kept';
    if (this.#standings.size >= mostRemembered) this.#standings.clear();
    this.#standings.set(name, standing);
    return standing;
  }

  /** A document of system.views is a view of the catalog. */
  #view(bytes: Buffer, { ns, o, o2 }: EntryFields, kind: number, moment: Moment, emit: OplogEmit): void {
    emit.catalog({
      ts: moment.ts,
      index: moment.index,
      database: bytes.toString('utf8', ns.start, ns.end - viewsName.length - 1),
      command: viewsName,
      uuid: null,
      o: part(bytes, o),
      o2: kind === op.delete ? null : part(bytes, kind === op.insert ? o : o2),
    });
  }
}

/** The first field of a command's `o`. */
export function commandName(bytes: Buffer, { o }: Pick<EntryFields, 'o'>): string {
  const nameAt = o.start + 5;
  return bytes.toString('utf8', nameAt, textEnd(bytes, nameAt, o.end));
}

/** An error about an operation says which one it is. */
export function named(thrown: unknown, bytes: Buffer, { op: place, ns }: EntryFields): unknown {
  if (!(thrown instanceof AppError) || thrown.details['namespace'] !== undefined) return thrown;
  const kind = place.start < 0 ? '?' : bytes.toString('utf8', place.start, place.end);
  const namespace = ns.start < 0 ? '?' : bytes.toString('utf8', ns.start, ns.end);
  const details = { ...thrown.details, op: kind, namespace };
  return new AppError(thrown.code, `op "${kind}" on ${namespace}: ${thrown.message}`, {
    cause: thrown,
    hint: thrown.hint,
    details,
  });
}

function part(bytes: Buffer, { start, end }: { readonly start: number; readonly end: number }): Buffer {
  return bytes.subarray(start, end);
}

function unknown(what: string): AppError {
  return new AppError('OPLOG_UNKNOWN', `${what} that this version of Leafward does not know`);
}
