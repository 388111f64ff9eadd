import type { MaintenanceWindow } from '../../../../wire/api/notifiers.ts';

/** The window of this moment that ends last, of those that silence a host, set or the whole group. */
export function silencing(
  windows: readonly MaintenanceWindow[],
  subject: {
    readonly hostId?: string | undefined;
    readonly sets?: readonly (string | null)[] | undefined;
    readonly tags?: readonly string[] | undefined;
  },
): MaintenanceWindow | null {
  const { hostId, sets = [], tags = [] } = subject;
  const hits = ({ target }: MaintenanceWindow) =>
    target.hosts.length + target.sets.length + target.tags.length === 0 ||
    (hostId !== undefined && target.hosts.includes(hostId)) ||
    sets.some((name) => name !== null && target.sets.includes(name)) ||
    tags.some((tag) => target.tags.includes(tag));
  const found = windows.filter((window) => window.active && window.enabled && hits(window));
  return found.toSorted((a, b) => (b.toMs ?? 0) - (a.toMs ?? 0))[0] ?? null;
}
