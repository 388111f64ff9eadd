import { z } from 'zod';

/** Space that the group's backups take, dead bytes among it, and what is free on that disk. */
export const backupStore = z.object({
  bytes: z.number(),
  deadBytes: z.number(),
  /** Stored before encryption was switched on, and not encrypted yet: the store is rewritten in the background. */
  plainBytes: z.number(),
  freeBytes: z.number().nullable(),
  /** Was one exported for the master key that the store has now? notNeeded: the store is not encrypted. */
  recoveryKit: z.enum(['notNeeded', 'missing', 'exported']),
});
export type BackupStore = z.infer<typeof backupStore>;
