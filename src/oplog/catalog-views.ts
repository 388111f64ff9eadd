import type { CollectionInfo } from '../model/collection.ts';
import { viewUuid } from '../model/view-uuid.ts';
import { AppError } from '../runtime/errors.ts';
import { applyUpdate, updateKind } from './apply-update.ts';
import type { CatalogChange, CatalogEffect } from './oplog-emit.ts';
import { documentOf, field, fieldsOf, textOf, without } from './raw-fields.ts';

/** Collection of a database whose documents are its views; also the `command` of the catalog changes that are made of them. */
export const viewsName = 'system.views';
const bucketsPrefix = 'system.buckets.';

/**
 * Views (and time-series collections: views of their buckets) as documents of `system.views` make them: `{_id: 'db.name', viewOn, pipeline,
 * collation}`. The reader emits each change of such a document as a change of the catalog as well.
 */
export class ViewCatalog {
  readonly #collections: Map<string, CollectionInfo>;

  constructor(collections: Map<string, CollectionInfo>) {
    this.#collections = collections;
  }

  /** `o` is a view's document, an update of it, or (o2 is null: a delete) its `_id`. */
  apply({ o, o2 }: CatalogChange): readonly CatalogEffect[] {
    const namespace = textOf(field(o2 ?? o, '_id'));
    const dot = namespace?.indexOf('.') ?? -1;
    if (namespace === undefined || dot < 1) throw new AppError('OPLOG_UNKNOWN', 'a view without a name');
    const [database, name] = [namespace.slice(0, dot), namespace.slice(dot + 1)];
    const uuid = viewUuid(database, name);
    const before = this.#collections.get(uuid);
    if (o2 === null) return this.#collections.delete(uuid) ? [{ kind: 'dropped', uuid }] : [];
    const options = optionsAfter(o, o2, before);
    if (options === undefined) return [];
    const view: CollectionInfo = {
      uuid,
      database,
      name,
      type: 'view',
      options,
      indexes: [],
      capped: false,
      temporary: false,
    };
    this.#collections.set(uuid, view);
    const buckets =
      textOf(field(options, 'viewOn')) === bucketsPrefix + name ? this.#bucketsOf(database, name) : undefined;
    if (buckets !== undefined) this.#collections.set(uuid, timeSeriesOf(view, buckets));
    return [{ kind: before === undefined ? 'created' : 'changed', uuid }];
  }

  /** A time-series collection has the options of its buckets. */
  bucketsChanged(buckets: CollectionInfo): readonly CatalogEffect[] {
    if (!buckets.name.startsWith(bucketsPrefix)) return [];
    const uuid = viewUuid(buckets.database, buckets.name.slice(bucketsPrefix.length));
    const view = this.#collections.get(uuid);
    if (view?.type !== 'timeseries') return [];
    this.#collections.set(uuid, timeSeriesOf(view, buckets));
    return [{ kind: 'changed', uuid }];
  }

  #bucketsOf(database: string, name: string): CollectionInfo | undefined {
    for (const info of this.#collections.values()) {
      if (info.database === database && info.name === bucketsPrefix + name) return info;
    }
    return undefined;
  }
}

function optionsAfter(o: Buffer, o2: Buffer, before: CollectionInfo | undefined): Buffer | undefined {
  if (updateKind(o) === 'replacement') return without(o, '_id');
  const id = field(o2, '_id');
  if (before?.type !== 'view' || id === undefined) return undefined;
  const document = documentOf([id, ...fieldsOf(before.options)]);
  const after = applyUpdate(document, { update: o, upsert: false }, true);
  return after === undefined ? undefined : without(after, '_id');
}

function timeSeriesOf(view: CollectionInfo, buckets: CollectionInfo): CollectionInfo {
  return { ...view, type: 'timeseries', options: without(buckets.options, 'validator', 'clusteredIndex') };
}
