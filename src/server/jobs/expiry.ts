import { periodic } from '../../runtime/periodic.ts';
import { knownNetworkMs } from '../access/guess-limits.ts';
import type { ServerContext } from '../context.ts';

const everyMs = 3_600_000;

/** Removes expired sessions, one-time links and networks that are known no more, every hour until the server stops. */
export async function removeExpiredLinks({ stores, clock, log, signal }: ServerContext): Promise<void> {
  const remove = async (): Promise<void> => {
    await stores.accounts.removeExpired(clock.now());
    await stores.networks.forgetNetworks(clock.now() - knownNetworkMs);
  };
  await periodic(remove, {
    intervalMs: everyMs,
    firstDelayMs: everyMs,
    signal,
    onError: (thrown) => log.warn('expired sessions could not be removed', { reason: String(thrown) }),
  });
}
