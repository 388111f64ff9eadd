import { BSONRegExp, Long } from 'bson';
import { elementType } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import {
  elementsOf,
  isArray,
  isDocument,
  keyOf,
  numberOf,
  type RawValue,
  rawOf,
  textOf,
  withElements,
} from './raw-value.ts';

/** Whether the values that a field's path leads to fit; none: the field is missing. */
export type FieldTest = (values: readonly RawValue[]) => boolean;
type DocumentTest = (filter: Readonly<Record<string, unknown>>, depth: number) => (document: RawValue) => boolean;

const longestPattern = 500;
const longestText = 64 * 1024;

/** What stands behind a field's name: a value that it equals, or operators. */
export function fieldTest(condition: unknown, depth: number, documentTest: DocumentTest): FieldTest {
  if (condition instanceof BSONRegExp) return matches(condition);
  if (!isPlainObject(condition) || !Object.keys(condition).some((name) => name.startsWith('$'))) {
    return equals(condition);
  }
  const tests = Object.entries(condition).map(([name, operand]) => operatorTest(name, operand, depth, documentTest));
  return (values) => tests.every((test) => test(values));
}

/** An object of the filter, not a value such as an ObjectId. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function operatorTest(name: string, operand: unknown, depth: number, documentTest: DocumentTest): FieldTest {
  switch (name) {
    case '$eq':
      return equals(operand);
    case '$ne':
      return not(equals(operand));
    case '$gt':
      return compares(operand, (order) => order > 0);
    case '$gte':
      return compares(operand, (order) => order >= 0);
    case '$lt':
      return compares(operand, (order) => order < 0);
    case '$lte':
      return compares(operand, (order) => order <= 0);
    case '$in':
      return anyOf(arrayOf(name, operand));
    case '$nin':
      return not(anyOf(arrayOf(name, operand)));
    case '$not':
      return not(fieldTest(operand, depth + 1, documentTest));
    case '$exists': {
      const wanted = truth(operand);
      return (values) => values.length > 0 === wanted;
    }
    case '$type':
      return hasType(operand);
    case '$size': {
      const size = Number(operand);
      return (values) => values.some((value) => isArray(value) && [...elementsOf(value)].length === size);
    }
    case '$all': {
      const tests = arrayOf(name, operand).map((one) => fieldTest(one, depth + 1, documentTest));
      return (values) => tests.length > 0 && tests.every((test) => test(values));
    }
    case '$elemMatch':
      return elementMatches(operand, depth, documentTest);
    case '$mod':
      return modulo(arrayOf(name, operand).map(Number));
    default:
      throw new AppError('INPUT_INVALID', `filter: the operator ${name} is not known here`, {
        hint: 'Known are $eq $ne $gt $gte $lt $lte $in $nin $exists $type $regex $size $all $elemMatch $mod $not $and $or $nor.',
      });
  }
}

function not(test: FieldTest): FieldTest {
  return (values) => !test(values);
}

/** null fits what is missing too. */
function equals(operand: unknown): FieldTest {
  const key = keyOf(rawOf(operand));
  const isNull = operand === null;
  return (values) => (isNull && values.length === 0) || withElements(values).some((value) => keyOf(value).equals(key));
}

function anyOf(operands: readonly unknown[]): FieldTest {
  const tests = operands.map((one) => (one instanceof BSONRegExp ? matches(one) : equals(one)));
  return (values) => tests.some((test) => test(values));
}

/** Only values of the same bracket of types have an order. */
function compares(operand: unknown, fits: (order: number) => boolean): FieldTest {
  const key = keyOf(rawOf(operand));
  return (values) =>
    withElements(values).some((value) => {
      const own = keyOf(value);
      return own[0] === key[0] && fits(Buffer.compare(own, key));
    });
}

function matches({ pattern, options }: BSONRegExp): FieldTest {
  if (pattern.length > longestPattern) {
    throw new AppError('INPUT_INVALID', `filter: a pattern has at most ${longestPattern} characters`);
  }
  const expression = compiled(pattern, options);
  return (values) =>
    withElements(values).some((value) => {
      const text = textOf(value);
      return text !== undefined && text.length <= longestText && expression.test(text);
    });
}

function compiled(pattern: string, options: string): RegExp {
  try {
    if (/[^ims]/.test(options)) throw new SyntaxError(`the options ${options} are not known; i, m and s are`);
    return new RegExp(pattern, `${options}u`);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    throw new AppError('INPUT_INVALID', `filter: /${pattern}/${options}: ${why}`, { cause });
  }
}

function elementMatches(operand: unknown, depth: number, documentTest: DocumentTest): FieldTest {
  if (!isPlainObject(operand)) throw new AppError('INPUT_INVALID', 'filter: $elemMatch takes a filter');
  const [first = ''] = Object.keys(operand);
  const ofValues = first.startsWith('$') && !['$and', '$or', '$nor'].includes(first);
  const ofValue = ofValues ? fieldTest(operand, depth + 1, documentTest) : undefined;
  const ofDocument = ofValues ? undefined : documentTest(operand, depth + 1);
  const fits = (value: RawValue): boolean =>
    ofValue === undefined ? isDocument(value) && ofDocument?.(value) === true : ofValue([value]);
  return (values) => values.some((value) => isArray(value) && [...elementsOf(value)].some((one) => fits(one.value)));
}

function modulo([divisor = Number.NaN, remainder = Number.NaN]: readonly number[]): FieldTest {
  if (!Number.isInteger(divisor) || !Number.isInteger(remainder) || divisor === 0) {
    throw new AppError('INPUT_INVALID', 'filter: $mod takes a divisor and a remainder');
  }
  return (values) =>
    withElements(values).some((value) => {
      const number = numberOf(value);
      return number !== undefined && Math.trunc(number) % divisor === remainder;
    });
}

const typeNames: Readonly<Record<string, readonly number[]>> = {
  double: [elementType.double],
  string: [elementType.string],
  object: [elementType.document],
  array: [elementType.array],
  binData: [elementType.binary],
  undefined: [elementType.undefined],
  objectId: [elementType.objectId],
  bool: [elementType.boolean],
  date: [elementType.date],
  null: [elementType.null],
  regex: [elementType.regex],
  dbPointer: [elementType.dbPointer],
  javascript: [elementType.code],
  symbol: [elementType.symbol],
  javascriptWithScope: [elementType.codeWithScope],
  int: [elementType.int32],
  timestamp: [elementType.timestamp],
  long: [elementType.int64],
  decimal: [elementType.decimal128],
  minKey: [elementType.minKey],
  maxKey: [elementType.maxKey],
  number: [elementType.double, elementType.int32, elementType.int64, elementType.decimal128],
};

function hasType(operand: unknown): FieldTest {
  const wanted = (Array.isArray(operand) ? operand : [operand]).flatMap((one: unknown) => {
    const number = typeof one === 'string' ? Number.NaN : Number(one);
    const types = typeof one === 'string' ? typeNames[one] : [number & 0xff];
    if (types === undefined || types.some(Number.isNaN)) {
      throw new AppError('INPUT_INVALID', `filter: $type: there is no type ${String(one)}`);
    }
    return types;
  });
  return (values) => withElements(values).some(({ type }) => wanted.includes(type));
}

function truth(operand: unknown): boolean {
  if (operand instanceof Long) return !operand.isZero();
  return typeof operand === 'object' && operand !== null ? Number(operand) !== 0 : Boolean(operand);
}

function arrayOf(name: string, operand: unknown): readonly unknown[] {
  if (Array.isArray(operand)) return operand;
  throw new AppError('INPUT_INVALID', `filter: ${name} takes a list`);
}
