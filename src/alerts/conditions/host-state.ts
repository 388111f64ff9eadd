import type { Truth } from '../condition.ts';
import type { GroupSnapshot, HostView } from '../ports.ts';

/** Whether a host that answers is in one of these states. */
export function stateTruth({ report }: HostView, { blind }: GroupSnapshot, roles: readonly string[]): Truth {
  if (report === null || blind || !report.reachable) return 'unknown';
  if (report.role === undefined || report.role === 'unknown') return 'unknown';
  return roles.includes(report.role) ? 'holds' : 'gone';
}
