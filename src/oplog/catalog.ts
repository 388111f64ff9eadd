import type { CollectionInfo } from '../model/collection.ts';
import { isNeverKept } from '../model/namespace-filter.ts';
import { timestampText } from '../model/optime.ts';
import { AppError } from '../runtime/errors.ts';
import {
  afterChange,
  afterDrop,
  bornIndexes,
  builtIndexes,
  specOf,
  withIndexes,
  withoutIndexes,
} from './catalog-indexes.ts';
import { afterCollMod, bornOptions } from './catalog-options.ts';
import { ViewCatalog, viewsName } from './catalog-views.ts';
import type { CatalogChange, CatalogEffect } from './oplog-emit.ts';
import { field, innerOf, isTrue, textOf, uuidOf, without } from './raw-fields.ts';

/**
 * Collections and views of a replica set at a place in its oplog, by UUID. Replaying entries from an earlier place ends in the same catalog:
 * each one sets what it is about, whatever was there. Views and time-series collections come from the documents of `system.views`
 * (catalog-views.ts). The whole state are the infos: `new Catalog(catalog.all())` goes on from it.
 */
export class Catalog {
  readonly #collections = new Map<string, CollectionInfo>();
  readonly #views = new ViewCatalog(this.#collections);

  constructor(collections: Iterable<CollectionInfo> = []) {
    for (const info of collections) this.#collections.set(info.uuid, info);
  }

  get(uuid: string): CollectionInfo | undefined {
    return this.#collections.get(uuid);
  }

  all(): IterableIterator<CollectionInfo> {
    return this.#collections.values();
  }

  /**
   * Applies one entry. `lenient`: collections that are not known are passed over (the catalog is newer than the entry, or holds only what is
   * backed up), and two may share a name for a while. @throws OPLOG_UNKNOWN, STORE_CORRUPT (not lenient: not known)
   */
  apply(change: CatalogChange, lenient: boolean): readonly CatalogEffect[] {
    try {
      return this.#apply(change, lenient);
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      const optime = timestampText(change.ts);
      const where = `oplog entry ${optime}: ${change.command} in ${change.database}`;
      const details = { ...thrown.details, op: 'c', namespace: `${change.database}.$cmd`, optime };
      throw new AppError(thrown.code, `${where}: ${thrown.message}`, { cause: thrown, hint: thrown.hint, details });
    }
  }

  #apply(change: CatalogChange, lenient: boolean): readonly CatalogEffect[] {
    const { command, database, o } = change;
    switch (command) {
      case viewsName:
        return this.#views.apply(change);
      case 'create':
        return this.#create(change);
      case 'renameCollection':
        return this.#rename(change, lenient);
      case 'drop':
        return this.#drop(change, lenient);
      case 'dropDatabase':
        // Each collection had a drop entry of its own; what has one of these names in a newer catalog was created after this.
        return lenient ? [] : this.#dropAll(({ database: its }) => its === database);
      case 'createIndexes':
        return this.#indexes(change, lenient, (indexes) => withIndexes(indexes, [specOf(o)]));
      case 'commitIndexBuild':
        return this.#indexes(change, lenient, (indexes) => withIndexes(indexes, builtIndexes(o)));
      case 'startIndexBuild':
      case 'abortIndexBuild':
        // listIndexes shows what is being built, so a scan may have brought it.
        return this.#indexes(change, lenient, (indexes) => withoutIndexes(indexes, builtIndexes(o)));
      case 'dropIndexes':
      case 'deleteIndexes':
      case 'dropIndex':
      case 'deleteIndex':
        return this.#indexes(change, lenient, (indexes) => afterDrop(indexes, o));
      case 'collMod':
        return this.#collMod(change, lenient);
      case 'emptycapped':
        return this.#known(change, lenient).map(({ uuid }) => ({ kind: 'emptied', uuid }));
      default:
        // convertToCapped is logged as create and renameCollection.
        throw new AppError('OPLOG_UNKNOWN', 'this version of Leafward does not know that command');
    }
  }

  #create({ uuid, database, o }: CatalogChange): readonly CatalogEffect[] {
    const name = textOf(field(o, 'create'));
    if (name === undefined) throw new AppError('OPLOG_UNKNOWN', 'a create without a name');
    // A view of a source that logs it so; system.views has it too.
    if (field(o, 'viewOn') !== undefined) return [];
    if (uuid === null) throw new AppError('OPLOG_UNKNOWN', 'a create without a UUID');
    const before = this.#collections.get(uuid);
    this.#collections.set(uuid, {
      uuid,
      database,
      name,
      type: 'collection',
      options: bornOptions(o),
      indexes: bornIndexes(o),
      capped: isTrue(field(o, 'capped')),
      temporary: isTrue(field(o, 'temp')),
    });
    return [{ kind: before === undefined ? 'created' : 'changed', uuid }];
  }

  #rename(change: CatalogChange, lenient: boolean): readonly CatalogEffect[] {
    const { o } = change;
    const to = textOf(field(o, 'to'));
    const dot = to?.indexOf('.') ?? -1;
    if (to === undefined || dot < 1) throw new AppError('OPLOG_UNKNOWN', 'a rename without a target');
    const [database, name] = [to.slice(0, dot), to.slice(dot + 1)];
    const effects: CatalogEffect[] = [];
    const dropTarget = field(o, 'dropTarget');
    const target = uuidOf(dropTarget);
    if (target !== undefined) effects.push(...this.#forget(target));
    else if (isTrue(dropTarget) && !lenient) {
      effects.push(
        ...this.#dropAll((one) => one.uuid !== change.uuid && one.database === database && one.name === name),
      );
    }
    const stayTemp = isTrue(field(o, 'stayTemp'));
    for (const info of this.#known(change, lenient, to)) {
      const from = `${info.database}.${info.name}`;
      const temporary = stayTemp && info.temporary;
      const options = temporary ? info.options : without(info.options, 'temp');
      this.#collections.set(info.uuid, { ...info, database, name, options, temporary });
      effects.push({ kind: 'renamed', uuid: info.uuid, from });
    }
    return effects;
  }

  #drop(change: CatalogChange, lenient: boolean): readonly CatalogEffect[] {
    const { database, o } = change;
    const dropped = this.#known(change, lenient).flatMap(({ uuid }) => this.#forget(uuid));
    if (textOf(field(o, 'drop')) !== viewsName) return dropped;
    // Also when it is not known: views that are there now are in entries after this one.
    return [...dropped, ...this.#dropAll((one) => one.database === database && one.type !== 'collection')];
  }

  #indexes(
    change: CatalogChange,
    lenient: boolean,
    after: (indexes: readonly Buffer[]) => readonly Buffer[],
  ): readonly CatalogEffect[] {
    return this.#known(change, lenient).map((info) => {
      this.#collections.set(info.uuid, { ...info, indexes: after(info.indexes) });
      return { kind: 'changed', uuid: info.uuid };
    });
  }

  #collMod(change: CatalogChange, lenient: boolean): readonly CatalogEffect[] {
    const index = innerOf(field(change.o, 'index'));
    return this.#known(change, lenient).flatMap((info) => {
      const indexes = index === undefined ? info.indexes : afterChange(info.indexes, index);
      const changed = { ...info, indexes, options: afterCollMod(info.options, change.o) };
      this.#collections.set(info.uuid, changed);
      return [{ kind: 'changed' as const, uuid: info.uuid }, ...this.#views.bucketsChanged(changed)];
    });
  }

  /** The collection that the entry is about, if the catalog has it. */
  #known(change: CatalogChange, lenient: boolean, alsoNamed?: string): readonly CollectionInfo[] {
    const { uuid, database, command, o } = change;
    if (uuid === null) throw new AppError('OPLOG_UNKNOWN', 'an entry that does not say the UUID of its collection');
    const known = this.#collections.get(uuid);
    if (known !== undefined) return [known];
    const name = textOf(field(o, command)) ?? '';
    const namespace = command === 'renameCollection' ? name : `${database}.${name}`;
    if (lenient || (isNeverKept(namespace) && (alsoNamed === undefined || isNeverKept(alsoNamed)))) return [];
    throw new AppError('STORE_CORRUPT', `${namespace} (${uuid}) is not in the catalog`, {
      hint: 'Start a resync of this replica set: it sends only what differs.',
    });
  }

  #forget(uuid: string): readonly CatalogEffect[] {
    return this.#collections.delete(uuid) ? [{ kind: 'dropped', uuid }] : [];
  }

  #dropAll(goes: (info: CollectionInfo) => boolean): readonly CatalogEffect[] {
    return [...this.#collections.values()].filter(goes).flatMap(({ uuid }) => this.#forget(uuid));
  }
}
