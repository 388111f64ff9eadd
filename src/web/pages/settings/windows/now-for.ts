import type { WindowTimes } from '../../../../wire/api/notifiers.ts';

/** From now for so many hours; whole minutes. */
export function nowFor(hours: number): Extract<WindowTimes, { kind: 'once' }> {
  const fromMs = Math.floor(Date.now() / 60_000) * 60_000;
  return { kind: 'once', fromMs, toMs: fromMs + hours * 3_600_000 };
}
