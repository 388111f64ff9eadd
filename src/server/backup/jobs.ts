import { toAppError } from '../../runtime/errors.ts';
import { periodic } from '../../runtime/periodic.ts';
import type { Backups } from './backups.ts';

const everyMs = 60_000;

/** Lets go of views and links that nobody uses any more, until the server stops. */
export async function tidyBackups(backups: Backups): Promise<void> {
  const { log, signal } = backups.context;
  await periodic(
    async () => {
      await backups.links.clean();
      await backups.sharedViews.closeIdle();
      await backups.views.closeIdle();
    },
    {
      intervalMs: everyMs,
      firstDelayMs: everyMs,
      signal,
      onError: (thrown) => log.warn('old views of backups could not be closed', { reason: toAppError(thrown).message }),
    },
  );
}
