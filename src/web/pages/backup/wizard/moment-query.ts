import type { Moment } from '../../../../wire/api/backup-reading.ts';
import { readTime } from '../../../chart/time-range.ts';
import { isoSecond } from './restore-command.ts';

/** `at=2026-11-21T10:00:00Z` or `snapshot=ID`. */
export function momentQuery({ atMs, snapshotId }: Moment): string {
  const query = new URLSearchParams(snapshotId === undefined ? { at: isoSecond(atMs ?? 0) } : { snapshot: snapshotId });
  return query.toString().replaceAll('%3A', ':');
}

/** The moment that an address names; null: none, or none that can be read. */
export function readMoment(query: URLSearchParams): Moment | null {
  const snapshotId = query.get('snapshot');
  if (snapshotId !== null && snapshotId !== '') return { snapshotId };
  const atMs = readTime(query.get('at'));
  return atMs === null ? null : { atMs };
}
