import { randomBytes } from 'node:crypto';

/** r: rule, n: notifier, d: delivery, al: alert, mw: maintenance window. */
export function newAlertingId(prefix: 'r' | 'n' | 'd' | 'al' | 'mw'): string {
  return `${prefix}_${randomBytes(10).toString('hex')}`;
}
