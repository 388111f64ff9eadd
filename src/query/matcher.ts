import { AppError } from '../runtime/errors.ts';
import { fieldTest, isPlainObject } from './operators.ts';
import { documentValue, type RawValue, valuesAt } from './raw-value.ts';

/** Whether a document fits a filter. */
export type Matcher = (document: Buffer) => boolean;
type Test = (document: RawValue) => boolean;

const deepest = 50;

/**
 * A filter of MongoDB's query language, compiled once: equality, $eq $ne $gt $gte $lt $lte $in $nin $exists $type $regex $size $all
 * $elemMatch $mod $not, and $and $or $nor over them. Values as bson deserialises them. @throws INPUT_INVALID for anything else
 */
export function compileFilter(filter: Readonly<Record<string, unknown>>): Matcher {
  const test = documentTest(filter, 0);
  return (document) => test(documentValue(document));
}

export function documentTest(filter: Readonly<Record<string, unknown>>, depth: number): Test {
  if (depth > deepest) throw new AppError('INPUT_INVALID', `filter: nested more than ${deepest} deep`);
  const tests = Object.entries(filter).map(([name, value]) => entryTest(name, value, depth));
  return (document) => tests.every((test) => test(document));
}

function entryTest(name: string, value: unknown, depth: number): Test {
  if (name === '$comment') return () => true;
  if (name === '$and' || name === '$or' || name === '$nor') {
    const tests = listOf(name, value).map((one) => documentTest(one, depth + 1));
    if (name === '$and') return (document) => tests.every((test) => test(document));
    if (name === '$or') return (document) => tests.some((test) => test(document));
    return (document) => !tests.some((test) => test(document));
  }
  if (name.startsWith('$')) {
    throw new AppError('INPUT_INVALID', `filter: ${name} cannot be used here`, {
      hint: 'At the top: field names, $and, $or and $nor.',
    });
  }
  const path = name.split('.');
  const test = fieldTest(value, depth, documentTest);
  return (document) => test(valuesAt(document, path));
}

function listOf(name: string, value: unknown): Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isPlainObject)) {
    throw new AppError('INPUT_INVALID', `filter: ${name} takes a list of filters`);
  }
  return value;
}
