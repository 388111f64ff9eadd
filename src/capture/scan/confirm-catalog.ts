import { AppError } from '../../runtime/errors.ts';
import { sleep } from '../../runtime/periodic.ts';
import { bsonTimestamp, type MemberClient } from '../source/member-client.ts';
import { documentsIn } from '../source/raw-batch.ts';
import { entryOptime } from '../tail/oplog-entry.ts';

const patienceMs = 60_000;
const everyMs = 100;

/**
 * A catalog is read as the member has it, which may be undone by a rollback. It stands once the newest entry that the member had
 * applied when it was read is on a majority. @throws CONFLICT (retryable) when it was undone, TIMEOUT when there is no majority
 */
export async function confirmCatalog(member: MemberClient, signal: AbortSignal): Promise<void> {
  const { applied } = await member.hello(signal);
  if (applied === undefined) return;
  const deadline = performance.now() + patienceMs;
  const command = {
    find: 'oplog.rs',
    filter: { ts: { $gte: bsonTimestamp(applied.ts) } },
    limit: 1,
    singleBatch: true,
    readConcern: { level: 'majority' },
  };
  while (performance.now() < deadline) {
    const cursor = await member.cursor('local', command, signal);
    const [entry] = documentsIn(cursor.first);
    await cursor.close();
    if (entry !== undefined) {
      const found = entryOptime(entry, 0, entry.length);
      if (found.ts === applied.ts && found.term === applied.term) return;
      throw new AppError('CONFLICT', `${member.host} has rolled back while its collections were listed`, {
        retryable: true,
      });
    }
    if (!(await sleep(everyMs, signal))) signal.throwIfAborted();
  }
  throw new AppError('TIMEOUT', `what ${member.host} has does not come to a majority of the set`, { retryable: true });
}
