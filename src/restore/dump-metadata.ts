import { BSON } from 'mongodb';
import type { ExactDocument } from './exact-bson.ts';
import { extendedJson } from './extended-json.ts';
import type { PlannedCollection, PlannedView } from './plan.ts';

/**
 * What mongodump writes as `metadata.json` and mongorestore reads: options and indexes of a collection. Those of a time series are told
 * as of the series itself, not of its buckets.
 */
export function collectionMetadata({
  name,
  options,
  expireAfterSeconds,
  indexes,
  idIndex,
  timeSeries,
  source,
}: PlannedCollection): string {
  const told: ExactDocument = new Map(options);
  if (expireAfterSeconds !== undefined) told.set('expireAfterSeconds', expireAfterSeconds);
  const specs = timeSeries ? indexes.map((index) => seriesIndex(index, options)) : [...idIndex, ...indexes];
  const type = timeSeries ? 'timeseries' : 'collection';
  return metadata(name, type, timeSeries ? '' : source.info.uuid, told, specs);
}

export function viewMetadata({ name, options }: PlannedView): string {
  return metadata(name, 'view', '', options, []);
}

function metadata(name: string, type: string, uuid: string, options: ExactDocument, indexes: ExactDocument[]): string {
  const document = new Map<string, unknown>([
    ['indexes', indexes],
    ['uuid', uuid],
    ['collectionName', name],
    ['type', type],
  ]);
  const whole = options.size === 0 ? document : new Map<string, unknown>([['options', options], ...document]);
  return extendedJson(Buffer.from(BSON.serialize(whole)));
}

/** From the index on the buckets to the one that a person made: since 6.0 it is kept as `originalSpec`. */
function seriesIndex(index: ExactDocument, options: ExactDocument): ExactDocument {
  const original = index.get('originalSpec');
  if (original instanceof Map) return new Map([...original].map(([field, value]) => [String(field), value]));
  const spec: ExactDocument = new Map(index);
  const series = options.get('timeseries');
  const key = index.get('key');
  if (key instanceof Map && series instanceof Map) {
    const made: ExactDocument = new Map();
    for (const [field, order] of key) made.set(seriesField(String(field), series.get('metaField')), order);
    spec.set('key', made);
  }
  return spec;
}

/** An index over time is one over the least and the greatest time of the buckets: both become the same field. */
function seriesField(field: string, metaField: unknown): string {
  if (field === 'meta') return String(metaField);
  if (field.startsWith('meta.')) return `${String(metaField)}${field.slice(4)}`;
  return field.replace(/^control\.(min|max)\./, '');
}
