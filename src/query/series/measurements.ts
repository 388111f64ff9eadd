import { damagedBson, elementType } from '../../model/bson-walk.ts';
import { documentValue, elementsOf, isDocument, memberOf, type RawElement, type RawValue } from '../raw-value.ts';
import { type ColumnReader, columnReader } from './column.ts';
import { documentOfElements } from './raw-document.ts';
import type { SeriesFields } from './series-fields.ts';

const columnSubtype = 7;

/**
 * The measurements of one bucket of a time series, raw, as the server gives them: time, meta, then the fields in the order of the
 * bucket. Buckets of MongoDB 5.0 hold a document per field (`data.<field>.<row>`), compressed ones (5.2 and newer) a column per field.
 * @throws FORMAT_INVALID
 */
export function* measurementsOf(bucket: Buffer, { timeField, metaField }: SeriesFields): Generator<Buffer, void, void> {
  const data = memberOf(documentValue(bucket), 'data');
  if (data === undefined || !isDocument(data)) throw damagedBson(0, 'a bucket has no data');
  const meta = metaField === null ? undefined : memberOf(documentValue(bucket), 'meta');
  const head = metaField === null || meta === undefined ? [] : [{ name: metaField, value: meta }];
  let time: RowReader | undefined;
  const others: { readonly name: string; readonly read: RowReader }[] = [];
  for (const { name, value } of elementsOf(data)) {
    const read = rowReader(value);
    if (name === timeField) time = read;
    else others.push({ name, read });
  }
  if (time === undefined) throw damagedBson(0, `a bucket has no times: ${timeField}`);
  for (let row = time(null); row !== undefined; row = time(null)) {
    if (row.value === null) throw damagedBson(0, 'a measurement has no time');
    const elements: RawElement[] = [{ name: timeField, value: row.value }, ...head];
    for (const { name, read } of others) {
      const value = read(row.name)?.value;
      if (value != null) elements.push({ name, value });
    }
    yield documentOfElements(elements);
  }
}

/** The next value of a field; with a row's name, only if it belongs to that row. */
type RowReader = (row: string | null) => { readonly name: string; readonly value: RawValue | null } | undefined;

function rowReader(value: RawValue): RowReader {
  if (isDocument(value)) return rowsOf(value);
  const { type, bytes, start, end } = value;
  if (type !== elementType.binary || bytes[start + 4] !== columnSubtype) {
    throw damagedBson(start, 'data of a bucket is neither a document nor a column');
  }
  const next: ColumnReader = columnReader(bytes, start + 5, end);
  return () => {
    const found = next();
    return found === undefined ? undefined : { name: '', value: found };
  };
}

/** Rows of one field are in the order of the rows, and not every field is in each. */
function rowsOf(value: RawValue): RowReader {
  const rows = elementsOf(value);
  let coming = rows.next();
  return (row) => {
    if (coming.done === true || (row !== null && coming.value.name !== row)) return undefined;
    const found = coming.value;
    coming = rows.next();
    return found;
  };
}
