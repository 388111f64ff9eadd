import { elementType } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import {
  field,
  fieldsOf,
  innerOf,
  int32Field,
  isTrue,
  type RawField,
  textOf,
  withField,
  without,
} from './raw-fields.ts';

const bucketSpanSeconds: Readonly<Record<string, number>> = { seconds: 3600, minutes: 86_400, hours: 2_592_000 };
const emptyBytes = 5;

/** Options of a new collection: its create entry without what is no option. */
export function bornOptions(create: Buffer): Buffer {
  return without(create, 'create', 'idIndex', 'uuid');
}

/** Options of a collection after a collMod entry (its `index` is no option of the collection). */
export function afterCollMod(options: Buffer, collMod: Buffer): Buffer {
  let result = options;
  for (const option of fieldsOf(collMod)) result = afterOption(result, option);
  return result;
}

function afterOption(options: Buffer, option: RawField): Buffer {
  switch (option.name) {
    case 'collMod':
    case 'index':
      return options;
    case 'validationLevel':
    case 'validationAction':
    case 'timeseriesBucketsMayHaveMixedSchemaData':
      return withField(options, option);
    case 'validator':
      // An empty one is none.
      return option.value.length === emptyBytes ? without(options, 'validator') : withField(options, option);
    case 'recordPreImages':
      return exclusive(options, isTrue(option), option, 'changeStreamPreAndPostImages');
    case 'changeStreamPreAndPostImages':
      return exclusive(options, isTrue(field(option.value, 'enabled')), option, 'recordPreImages');
    case 'expireAfterSeconds':
      return textOf(option) === 'off' ? without(options, option.name) : withField(options, option);
    case 'cappedSize':
      return withField(options, { ...option, name: 'size' });
    case 'cappedMax':
      return withField(options, { ...option, name: 'max' });
    case 'timeseries':
      return withField(options, timeSeries(options, option));
    default:
      throw new AppError('OPLOG_UNKNOWN', `collMod with the option "${option.name}"`);
  }
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
