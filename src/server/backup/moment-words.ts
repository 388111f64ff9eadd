import { timestampText } from '../../model/optime.ts';
import type { OpenView } from './view-book.ts';

/** Which moment a view shows, for people. */
export function whenWords({ view, atMs }: OpenView): string {
  return `at ${new Date(atMs).toISOString()} (optime ${timestampText(view.optime.ts)})`;
}
