import { periodic } from '../../runtime/periodic.ts';
import type { ServerContext } from '../context.ts';

const everyMs = 3_600_000;

/** Removes expired sessions and one-time links, every hour until the server stops. */
export async function removeExpiredLinks({ stores, clock, log, signal }: ServerContext): Promise<void> {
  await periodic(() => stores.accounts.removeExpired(clock.now()), {
    intervalMs: everyMs,
    firstDelayMs: everyMs,
    signal,
    onError: (thrown) => log.warn('expired sessions could not be removed', { reason: String(thrown) }),
  });
}
