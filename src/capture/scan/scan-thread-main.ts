import { parentPort, workerData } from 'node:worker_threads';
import { parseTimestamp } from '../../model/optime.ts';
import { toAppError } from '../../runtime/errors.ts';
import { sleep } from '../../runtime/periodic.ts';
import { MemberClient } from '../source/member-client.ts';
import { PieceMaker } from './piece-maker.ts';
import { readNaturalPart } from './read-natural.ts';
import { type PartReader, readIdPart } from './read-part.ts';
import type { FromScanThread, ScanJob, ScanPiece, ScanThreadData, ToScanThread } from './scan-messages.ts';
import { SteadyMember } from './steady-member.ts';

/** A thread of a scan: reads parts one after another from its own connection, and makes blocks of them. */

/** Stored bytes that may be on the way to the server. */
const outstandingBytes = 6 * 2 ** 20;
const namespaceNotFound = 26;
const viewsName = 'system.views';

const port = parentPort;
if (port === null) throw new Error('this is the program of a thread');
const data: ScanThreadData = { groupKey: Buffer.from(workerData.groupKey), level: workerData.level };
const stop = new AbortController();
const jobs: ScanJob[] = [];
let outstanding = 0;
let wake: () => void = () => {};
let client: { readonly key: string; readonly steady: SteadyMember } | undefined;
let pace: { readonly bytesPerSecond: number | null; readonly rests: boolean } = { bytesPerSecond: null, rests: false };
/** Until when the bandwidth that was used is paid for. */
let paidUntil = 0;

port.on('message', (message: ToScanThread) => {
  if (message.kind === 'job') jobs.push(message.job);
  else if (message.kind === 'credit') outstanding -= message.bytes;
  else if (message.kind === 'pace') pace = message;
  else stop.abort(new Error('the scan stops'));
  wake();
});

work().catch((thrown: unknown) => {
  // An error that nobody foresaw ends the thread, and its owner is told.
  setImmediate(() => {
    throw thrown;
  });
});

async function work(): Promise<void> {
  while (!stop.signal.aborted) {
    const job = jobs.shift();
    if (job === undefined) {
      await somethingNew();
      continue;
    }
    try {
      await readPart(job);
    } catch (thrown) {
      if (stop.signal.aborted) break;
      const { code, message, hint } = toAppError(thrown);
      tell({ kind: 'failed', jobId: job.id, error: { code, message, hint } });
    }
  }
  await client?.steady.client.close();
  port?.close();
}

async function readPart(job: ScanJob): Promise<void> {
  const pieces = new PieceMaker(job.id, hand);
  const { signal } = stop;
  const steady = await memberOf(job);
  await steady.reach(parseTimestamp(job.readAfter), signal);
  const check = (): void => steady.check();
  const reader: PartReader = { member: steady.client, job, data, pieces, spend, check, signal };
  try {
    if (job.order === 'id') await readIdPart(reader);
    else await readNaturalPart(reader);
  } catch (thrown) {
    // Dropped meanwhile: the oplog has the drop, and what was read until then does no harm. And the role `backup` may not read
    // system.views: what views there are is in the catalog.
    const { code, details } = toAppError(thrown);
    const isUnreadableView = job.name === viewsName && code === 'MONGODB_PRIVILEGE_MISSING';
    if (details['code'] !== namespaceNotFound && !isUnreadableView) throw thrown;
    await new PieceMaker(job.id, hand).hand(job.after, true);
  }
}

async function hand(piece: ScanPiece): Promise<void> {
  while (outstanding > 0 && outstanding + piece.storedBytes > outstandingBytes) {
    stop.signal.throwIfAborted();
    await somethingNew();
  }
  outstanding += piece.storedBytes;
  // Blocks that have their memory to themselves (all but tiny ones) are handed over, not copied.
  const own = piece.blocks.flatMap(({ stored: { buffer, length } }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === length ? [buffer] : [],
  );
  port?.postMessage({ kind: 'piece', piece } satisfies FromScanThread, own);
}

async function spend(bytes: number): Promise<void> {
  while (pace.rests && !stop.signal.aborted) await somethingNew();
  const { bytesPerSecond } = pace;
  if (bytesPerSecond === null) return;
  const now = performance.now();
  paidUntil = Math.max(paidUntil, now) + (bytes * 1000) / bytesPerSecond;
  await sleep(paidUntil - now, stop.signal);
}

async function memberOf({ connection }: ScanJob): Promise<SteadyMember> {
  const key = JSON.stringify(connection);
  if (client?.key === key) return client.steady;
  await client?.steady.client.close();
  client = { key, steady: new SteadyMember(new MemberClient(connection, 1)) };
  return client.steady;
}

function somethingNew(): Promise<void> {
  return new Promise((resolve) => {
    wake = resolve;
  });
}

function tell(message: FromScanThread): void {
  port?.postMessage(message);
}
