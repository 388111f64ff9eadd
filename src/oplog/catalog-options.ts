import { elementType } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import {
  field,
  fieldsOf,
  innerOf,
  int32Field,
  int64Field,
  isTrue,
  numberOf,
  type RawField,
  textField,
  textOf,
  withField,
  without,
} from './raw-fields.ts';

const bucketSpanSeconds: Readonly<Record<string, number>> = { seconds: 3600, minutes: 86_400, hours: 2_592_000 };
const emptyBytes = 5;
const preImages = 'recordPreImages';
const mostCapped = 2 ** 31 - 1;
const validation: ReadonlySet<string> = new Set(['validator', 'validationLevel', 'validationAction']);
const defaults = [textField('validationLevel', 'strict'), textField('validationAction', 'error')];

/** Options of a new collection: its create entry without what is no option. */
export function bornOptions(create: Buffer): Buffer {
  return without(create, 'create', 'idIndex', 'uuid');
}

/** Options of a collection after a collMod entry (its `index` is no option of the collection). */
export function afterCollMod(options: Buffer, collMod: Buffer): Buffer {
  let result = options;
  const changes = fieldsOf(collMod);
  // Since 5.0 every collMod that does not name it switches it off (4.4 kept it); MongoDB 7 has it no more.
  if (!changes.some(({ name }) => name === preImages)) result = without(result, preImages);
  for (const option of changes) result = afterOption(result, option);
  if (!changes.some(({ name }) => validation.has(name))) return result;
  // Whichever of the three is changed, the server writes down the other ones' defaults too.
  for (const missing of defaults) if (field(result, missing.name) === undefined) result = withField(result, missing);
  return result;
}

function afterOption(options: Buffer, option: RawField): Buffer {
  switch (option.name) {
    case 'collMod':
    case 'index':
    // What the server notes about buckets is no option that a collection can be created with.
    case 'timeseriesBucketsMayHaveMixedSchemaData':
    case 'isTimeseriesNamespace':
      return options;
    case 'validationLevel':
    case 'validationAction':
      return withField(options, option);
    case 'validator':
      // An empty one is none.
      return option.value.length === emptyBytes ? without(options, 'validator') : withField(options, option);
    case preImages:
      return exclusive(options, isTrue(option), option, 'changeStreamPreAndPostImages');
    case 'changeStreamPreAndPostImages':
      return exclusive(options, isTrue(field(option.value, 'enabled')), option, preImages);
    case 'expireAfterSeconds':
      return textOf(option) === 'off' ? without(options, option.name) : withField(options, option);
    case 'cappedSize':
      return withField(options, cappedSize(option));
    case 'cappedMax':
      return withField(options, cappedMax(option));
    case 'timeseries':
      return withField(options, timeSeries(options, option));
    default:
      throw new AppError('OPLOG_UNKNOWN', `collMod with the option "${option.name}"`);
  }
}

/** The server rounds up to whole pieces of 256 bytes. */
function cappedSize(option: RawField): RawField {
  const size = Math.ceil(numberOf(option) / 256) * 256;
  return size < 2 ** 31 ? int32Field('size', size) : int64Field('size', size);
}

/** None is as many as there can be. */
function cappedMax(option: RawField): RawField {
  const max = numberOf(option);
  return int32Field('max', max > 0 && max < mostCapped ? max : mostCapped);
}

/** Two options of which one switches the other off. */
function exclusive(options: Buffer, on: boolean, option: RawField, other: string): Buffer {
  return on ? withField(without(options, other), option) : without(options, option.name);
}

/** A granularity stands for how long a bucket may be; other spans stand for no granularity. */
function timeSeries(options: Buffer, { name, value }: RawField): RawField {
  let result = innerOf(field(options, name)) ?? Buffer.from([emptyBytes, 0, 0, 0, 0]);
  for (const part of fieldsOf(value)) {
    if (part.name === 'granularity') {
      const span = bucketSpanSeconds[textOf(part) ?? ''];
      if (span === undefined) throw new AppError('OPLOG_UNKNOWN', 'collMod with a granularity');
      result = without(withField(result, part), 'bucketRoundingSeconds');
      result = withField(result, int32Field('bucketMaxSpanSeconds', span));
    } else if (part.name === 'bucketMaxSpanSeconds' || part.name === 'bucketRoundingSeconds') {
      result = withField(without(result, 'granularity'), part);
    } else {
      throw new AppError('OPLOG_UNKNOWN', `collMod with the time-series option "${part.name}"`);
    }
  }
  return { name, type: elementType.document, value: result };
}
