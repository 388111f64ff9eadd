import { elementType } from '../../model/bson-walk.ts';
import type { CollectionInfo } from '../../model/collection.ts';
import { documentValue, isDocument, memberOf, numberOf, textOf } from '../raw-value.ts';

/** What a measurement's time and meta are called. */
export interface SeriesFields {
  readonly timeField: string;
  /** Null: the series has none. */
  readonly metaField: string | null;
}
export interface Series extends SeriesFields {
  /** Of one bucket, at most; null: the options do not say. */
  readonly maxSpanMs: number | null;
}

export const bucketsPrefix = 'system.buckets.';

/** What the options of a time-series collection, or of its buckets, say. Null: it is none. */
export function seriesOf({ options }: Pick<CollectionInfo, 'options'>): Series | null {
  const found = memberOf(documentValue(options), 'timeseries');
  if (found === undefined || !isDocument(found)) return null;
  const timeField = memberOf(found, 'timeField');
  const metaField = memberOf(found, 'metaField');
  const span = memberOf(found, 'bucketMaxSpanSeconds');
  const seconds = span === undefined ? undefined : numberOf(span);
  if (timeField?.type !== elementType.string) return null;
  return {
    timeField: textOf(timeField) ?? '',
    metaField: metaField === undefined ? null : (textOf(metaField) ?? null),
    maxSpanMs: seconds === undefined ? null : seconds * 1000,
  };
}
