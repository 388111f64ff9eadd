import type { Document } from 'mongodb';
import { AppError, toAppError } from '../runtime/errors.ts';
import { documentOf, secondsOf } from './bson-values.ts';
import type { HostClient } from './connect.ts';

/** Times of the oldest and the newest entry of a member's oplog, ms, by the host's clock. */
export interface OplogEnds {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** serverStatus without what is large or slow: under a millisecond. Sections that a version does not know are ignored. */
const command: Document = { serverStatus: 1, oplog: 1 };
for (const section of [
  'asserts',
  'connections',
  'electionMetrics',
  'extra_info',
  'flowControl',
  'globalLock',
  'locks',
  'logicalSessionRecordCache',
  'metrics',
  'network',
  'opLatencies',
  'opcounters',
  'opcountersRepl',
  'repl',
  'scramCache',
  'security',
  'storageEngine',
  'tcmalloc',
  'transactions',
  'twoPhaseCommitCoordinator',
  'wiredTiger',
])
  command[section] = 0;

/**
 * Asks a member for the ends of its oplog: 4.4 and 5.0 do not tell them in their diagnostic data. serverStatus says them, else
 * the first and last entry do; undefined when neither may be read, or there is no oplog.
 */
export async function readOplogEnds(
  client: HostClient,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<OplogEnds | undefined> {
  try {
    const status = await client.command('admin', command, { deadlineMs, signal });
    const oplog = documentOf(status['oplog']);
    const found = ends(secondsOf(oplog?.['earliestOptime']), secondsOf(oplog?.['latestOptime']));
    return found ?? (await readEntries(client, deadlineMs, signal));
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    return undefined;
  }
}

async function readEntries(
  client: HostClient,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<OplogEnds | undefined> {
  const seconds = async (direction: 1 | -1): Promise<number | undefined> => {
    const find = {
      find: 'oplog.rs',
      projection: { ts: 1 },
      sort: { $natural: direction },
      limit: 1,
      singleBatch: true,
    };
    const [entry] = await client.firstBatch('local', find, deadlineMs, signal);
    return secondsOf(entry?.['ts']);
  };
  return ends(await seconds(1), await seconds(-1));
}

function ends(first: number | undefined, last: number | undefined): OplogEnds | undefined {
  if (first === undefined || last === undefined || first === 0 || last < first) return undefined;
  return { firstMs: first * 1000, lastMs: last * 1000 };
}

function isRefusal(thrown: unknown): boolean {
  return (
    thrown instanceof AppError &&
    (toAppError(thrown).code === 'MONGODB_PRIVILEGE_MISSING' || thrown.details['answered'] === true)
  );
}
