import { createHash } from 'node:crypto';

/** Hash of a schema's names: see MetricSchema. */
export function schemaHash(names: readonly string[]): string {
  return createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 32);
}
