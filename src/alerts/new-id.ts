import { randomBytes } from 'node:crypto';

/** r: rule, n: notifier, d: delivery, al: alert. */
export function newAlertingId(prefix: 'r' | 'n' | 'd' | 'al'): string {
  return `${prefix}_${randomBytes(10).toString('hex')}`;
}
