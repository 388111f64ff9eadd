import { documentEnd, elementType, findElement } from '../model/bson-walk.ts';
import type { Optime } from '../model/optime.ts';
import { breathe } from './breathe.ts';
import type { FoldPass } from './fold-pass.ts';
import { foldWeight } from './fold-weight.ts';
import type { SliceInfo, SliceLog } from './ports.ts';

export interface ReadGoal {
  readonly replicaSetId: string;
  /** The last entry that was folded before. */
  readonly after: Optime;
  /** Ends at the first slice that brings it to so many bytes, with what an entry takes in memory besides its own. */
  readonly maxBytes: number;
  /** Ends with the entry at this timestamp, or the last one before it, as soon as no transaction is prepared there; null: none. */
  readonly stopAt: bigint | null;
  readonly signal: AbortSignal;
}

export interface ReadResult {
  /** The last entry that was folded. */
  readonly optime: Optime;
  readonly bytes: number;
  readonly entries: number;
  /** stop: at stopAt. bytes: at maxBytes. end: no slice is left. */
  readonly ended: 'stop' | 'bytes' | 'end';
  /** A transaction is prepared and unresolved here: this place is no good for a point. The last good one is named. */
  readonly lastGood: Optime | null;
  readonly good: boolean;
}

const entriesBetweenBreaths = 256;
const tsName = Buffer.from('ts');
const termName = Buffer.from('t');

/** Feeds entries of the slice log to a pass. */
export async function readEntries(log: SliceLog, pass: FoldPass, goal: ReadGoal): Promise<ReadResult> {
  const progress = { optime: goal.after, bytes: 0, entries: 0, lastGood: null as Optime | null };
  for await (const { info, content } of log.read(goal.replicaSetId, goal.after.ts, goal.signal)) {
    goal.signal.throwIfAborted();
    const stopped = await readSlice(info, content, pass, goal, progress);
    await pass.settle();
    const good = pass.canCut;
    if (good) progress.lastGood = progress.optime;
    if (stopped) return { ...progress, ended: 'stop', good: true };
    if (foldWeight(progress.bytes, progress.entries) >= goal.maxBytes && good)
      return { ...progress, ended: 'bytes', good };
    await pass.relieve();
  }
  const good = pass.canCut;
  const reached = goal.stopAt !== null && progress.optime.ts >= goal.stopAt && good;
  return { ...progress, ended: reached ? 'stop' : 'end', good };
}

interface Progress {
  optime: Optime;
  bytes: number;
  entries: number;
  lastGood: Optime | null;
}

/** Answers whether `stopAt` was reached. */
async function readSlice(
  info: SliceInfo,
  content: Buffer,
  pass: FoldPass,
  goal: ReadGoal,
  progress: Progress,
): Promise<boolean> {
  const { stopAt } = goal;
  const watchesStart = info.first <= goal.after.ts;
  const watchesStop = stopAt !== null && info.last.ts >= stopAt;
  for (let at = 0; at < content.length; ) {
    const end = documentEnd(content, at, content.length);
    const entry = content.subarray(at, end);
    at = end;
    if (watchesStart || watchesStop) {
      const ts = timestampOf(entry);
      if (ts <= goal.after.ts) continue;
      if (watchesStop && ts > stopAt && pass.canCut) return true;
      progress.optime = { ts, term: termOf(entry) };
    }
    pass.push(entry);
    while (pass.isDraining) {
      await pass.drain();
      await breathe();
    }
    progress.bytes += entry.length;
    if (++progress.entries % entriesBetweenBreaths === 0) await breathe();
    if (progress.entries % 4096 === 0) await pass.relieve();
  }
  progress.optime = info.last;
  return stopAt !== null && info.last.ts >= stopAt && pass.canCut;
}

/** Of an entry of the oplog. */
export function timestampOf(entry: Buffer): bigint {
  const at = findElement(entry, 0, entry.length, tsName);
  return at < 0 || entry[at] !== elementType.timestamp ? 0n : entry.readBigUInt64LE(at + 4);
}

function termOf(entry: Buffer): number {
  const at = findElement(entry, 0, entry.length, termName);
  return at < 0 || entry[at] !== elementType.int64 ? -1 : Number(entry.readBigInt64LE(at + 3));
}
