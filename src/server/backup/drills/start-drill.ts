import { toAppError } from '../../../runtime/errors.ts';
import { periodic } from '../../../runtime/periodic.ts';
import type { BackupOperation } from '../../../wire/api/backups.ts';
import type { Backups } from '../backups.ts';
import type { KnownSet } from '../set-book.ts';

/** A drill of the set; one that is under way is given back instead. */
export function startDrill(backups: Backups, groupId: string, set: KnownSet): BackupOperation {
  return backups.operations.start(groupId, 'drill', set.replicaSetId, async () => {
    return { drill: await backups.drills.run(groupId, set) };
  });
}

const everyMs = 60_000;
/** A drill that could not even be tried (its agent went away) is begun again after so long. */
const againMs = 3_600_000;

/** Begins the drills that are due, until the server stops. */
export async function scheduleDrills(backups: Backups): Promise<void> {
  const { log, signal } = backups.context;
  const triedAtMs = new Map<string, number>();
  const begin = (groupId: string, set: KnownSet): void => void startDrill(backups, groupId, set);
  await periodic(() => beginDue(backups, triedAtMs, begin), {
    intervalMs: everyMs,
    firstDelayMs: everyMs,
    signal,
    onError: (thrown) => log.warn('restore drills could not be begun', { reason: toAppError(thrown).message }),
  });
}

/** One look at all groups. `triedAtMs` is what it remembers between them. */
export async function beginDue(
  { context, sets, drillBook }: Pick<Backups, 'context' | 'sets' | 'drillBook'>,
  triedAtMs: Map<string, number>,
  begin: (groupId: string, set: KnownSet) => void,
): Promise<void> {
  const now = context.clock.now();
  for (const { id: groupId } of await context.stores.groups.groups()) {
    for (const set of await sets.all(await context.fleet.group(groupId))) {
      if (set.kept === undefined) continue;
      const key = `${groupId}/${set.replicaSetId}`;
      const dueAtMs = await drillBook.dueAtMs(set.kept);
      if (dueAtMs === null || dueAtMs > now || now - (triedAtMs.get(key) ?? -againMs) < againMs) continue;
      triedAtMs.set(key, now);
      begin(groupId, set);
    }
  }
}
