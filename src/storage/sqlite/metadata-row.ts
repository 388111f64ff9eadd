import { AppError } from '../../runtime/errors.ts';
import type { SqlRow, SqlValue } from './database.ts';

/** Typed columns of a row; a column of another type means a damaged database. */

export function text(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw wrongType(column, value);
  return value;
}

export function textOrNull(row: SqlRow, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function number(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'number') throw wrongType(column, value);
  return value;
}

export function numberOrNull(row: SqlRow, column: string): number | null {
  return row[column] === null ? null : number(row, column);
}

export function flag(row: SqlRow, column: string): boolean {
  return number(row, column) === 1;
}

export function bytes(row: SqlRow, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw wrongType(column, value);
  return value;
}

export function bytesOrNull(row: SqlRow, column: string): Uint8Array | null {
  return row[column] === null ? null : bytes(row, column);
}

/** One of the words that this version knows. */
export function word<T extends string>(row: SqlRow, column: string, words: readonly T[]): T {
  const value = text(row, column);
  const known = words.find((candidate) => candidate === value);
  if (known === undefined) throw wrongType(column, value);
  return known;
}

/** Words of a list such as `owner,readOnly`. */
export function words<T extends string>(row: SqlRow, column: string, known: readonly T[]): readonly T[] {
  return text(row, column)
    .split(',')
    .map((one) => word({ [column]: one }, column, known));
}

/** INSERT of all columns that replaces a row with the same primary key. */
export function upsert(
  table: string,
  columns: Readonly<Record<string, SqlValue>>,
): { sql: string; params: SqlValue[] } {
  const names = Object.keys(columns);
  const places = names.map(() => '?').join(', ');
  return {
    sql: `INSERT OR REPLACE INTO ${table} (${names.join(', ')}) VALUES (${places})`,
    params: Object.values(columns),
  };
}

function wrongType(column: string, value: unknown): AppError {
  return new AppError('STORE_CORRUPT', `the column ${column} holds ${typeof value} ${String(value).slice(0, 40)}`);
}

interface Schema<T> {
  safeParse(input: unknown): { success: true; data: T } | { success: false; error: unknown };
}

/** JSON in a column, as this version knows it. */
export function parsed<T>(row: SqlRow, column: string, schema: Schema<T>): T {
  const result = schema.safeParse(JSON.parse(text(row, column)));
  if (result.success) return result.data;
  throw new AppError('STORE_CORRUPT', `the column ${column} holds what this version cannot read`, {
    cause: result.error,
  });
}
