import { elementType } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import {
  documentOf,
  field,
  fieldsOf,
  innerOf,
  int32Field,
  isTrue,
  type RawField,
  textField,
  textOf,
  trueField,
  withField,
  without,
} from './raw-fields.ts';

/** Indexes of a collection: raw specs as listIndexes gives them, without `ns`. */
type Indexes = readonly Buffer[];

const idName = '_id_';

/** The index that a collection is born with: that of its create entry, its clustered one, or the server's oldest kind. */
export function bornIndexes(create: Buffer): Indexes {
  const idIndex = innerOf(field(create, 'idIndex'));
  if (idIndex !== undefined) return [without(idIndex, 'ns')];
  const clustered = field(create, 'clusteredIndex');
  if (clustered?.type === elementType.document) return [withField(clustered.value, trueField('clustered'))];
  const autoIndexId = field(create, 'autoIndexId');
  if (clustered !== undefined || (autoIndexId !== undefined && !isTrue(autoIndexId))) return [];
  return [legacyIdIndex()];
}

/** A create entry without idIndex was made by hand (applyOps): the server takes version 1 then, which knows no collation. */
function legacyIdIndex(): Buffer {
  const key: RawField = { name: 'key', type: elementType.document, value: documentOf([int32Field('_id', 1)]) };
  return documentOf([int32Field('v', 1), key, textField('name', idName)]);
}

/** The spec within a createIndexes entry: its other fields, or (since 8.2) its field `spec`. */
export function specOf(createIndexes: Buffer): Buffer {
  const spec = innerOf(field(createIndexes, 'spec')) ?? createIndexes;
  if (field(spec, 'key') === undefined || field(spec, 'name') === undefined) {
    throw new AppError('OPLOG_UNKNOWN', 'an index without key or name');
  }
  return without(spec, 'createIndexes', 'ns');
}

/** The specs within a startIndexBuild, commitIndexBuild or abortIndexBuild entry. */
export function builtIndexes(build: Buffer): Indexes {
  const list = innerOf(field(build, 'indexes'));
  if (list === undefined) throw new AppError('OPLOG_UNKNOWN', 'an index build without a list of indexes');
  return fieldsOf(list).map(({ value }) => specOf(value));
}

/** Adds them; one of the same name is replaced. */
export function withIndexes(indexes: Indexes, added: Indexes): Indexes {
  const names = new Set(added.map(nameOf));
  return [...indexes.filter((index) => !names.has(nameOf(index))), ...added];
}

export function withoutIndexes(indexes: Indexes, gone: Indexes): Indexes {
  const names = new Set(gone.map(nameOf));
  return indexes.filter((index) => !names.has(nameOf(index)));
}

/** dropIndexes: `index` is a name, `*` for all but that of `_id`, a list of names, or a key. */
export function afterDrop(indexes: Indexes, dropIndexes: Buffer): Indexes {
  const dropped = field(dropIndexes, 'index');
  if (dropped?.type === elementType.document) {
    return indexes.filter((index) => !innerOf(field(index, 'key'))?.equals(dropped.value));
  }
  const list = dropped?.type === elementType.array ? fieldsOf(dropped.value) : [dropped];
  const names = list.map(textOf);
  if (names.includes(undefined)) throw new AppError('OPLOG_UNKNOWN', 'dropIndexes without a name, list or key');
  if (names.includes('*')) return indexes.filter((index) => isPermanent(index));
  return indexes.filter((index) => !names.includes(nameOf(index)));
}

function isPermanent(index: Buffer): boolean {
  return nameOf(index) === idName || isTrue(field(index, 'clustered'));
}

function nameOf(index: Buffer): string | undefined {
  return textOf(field(index, 'name'));
}

/** The `index` of collMod: names one by name or key, and says which of its options change. */
export function afterChange(indexes: Indexes, change: Buffer): Indexes {
  const name = textOf(field(change, 'name'));
  const key = innerOf(field(change, 'keyPattern'));
  return indexes.map((index) => {
    const meant =
      name === undefined ? key !== undefined && innerOf(field(index, 'key'))?.equals(key) : nameOf(index) === name;
    return meant === true ? changed(index, change) : index;
  });
}

function changed(index: Buffer, change: Buffer): Buffer {
  let result = index;
  for (const option of fieldsOf(change)) {
    switch (option.name) {
      case 'name':
      case 'keyPattern':
        break;
      case 'expireAfterSeconds':
        result = withField(result, option);
        break;
      case 'hidden':
      case 'prepareUnique':
        result = isTrue(option) ? withField(result, trueField(option.name)) : without(result, option.name);
        break;
      case 'unique':
        if (isTrue(option)) result = withField(without(result, 'prepareUnique'), trueField('unique'));
        break;
      case 'forceNonUnique':
        if (isTrue(option)) result = without(result, 'unique');
        break;
      default:
        throw new AppError('OPLOG_UNKNOWN', `collMod with the index option "${option.name}"`);
    }
  }
  return result;
}
