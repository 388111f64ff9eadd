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
  /** Ends at the end of the slice that brings it to so many bytes, with what an entry takes in memory besides its own, or at the first good place after it. */
  readonly maxBytes: number;
  /** Ends with the entry at this timestamp, or the last one before it, as soon as that is a good place; null: none. */
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
  /** A cut is possible here (FoldPass.canCut). */
  readonly good: boolean;
  /** The last place at which one was. */
  readonly lastGood: Optime | null;
}

const entriesBetweenBreaths = 256;
const tsName = Buffer.from('ts');
const termName = Buffer.from('t');

/** Feeds entries of the slice log to a pass. */
export async function readEntries(log: SliceLog, pass: FoldPass, goal: ReadGoal): Promise<ReadResult> {
  const good = pass.canCut;
  const progress: Progress = { optime: goal.after, bytes: 0, entries: 0, good, lastGood: null, before: null };
  for await (const { info, content } of log.read(goal.replicaSetId, goal.after.ts, goal.signal)) {
    goal.signal.throwIfAborted();
    const ended = await readSlice(info, content, pass, goal, progress);
    await pass.settle();
    if (progress.good) progress.lastGood = progress.optime;
    if (ended !== null) return { ...progress, ended };
    if (progress.good && isFull(progress, goal)) return { ...progress, ended: 'bytes' };
    await pass.relieve();
  }
  const reached = goal.stopAt !== null && progress.optime.ts >= goal.stopAt && progress.good;
  return { ...progress, ended: reached ? 'stop' : 'end' };
}

interface Progress {
  optime: Optime;
  bytes: number;
  entries: number;
  good: boolean;
  lastGood: Optime | null;
  /** The last entry of the same slice. */
  before: Buffer | null;
}

function isFull({ bytes, entries }: Progress, { maxBytes }: ReadGoal): boolean {
  return foldWeight(bytes, entries) >= maxBytes;
}

/** Answers why reading ends inside of the slice or with it; null: it goes on. */
async function readSlice(
  info: SliceInfo,
  content: Buffer,
  pass: FoldPass,
  goal: ReadGoal,
  progress: Progress,
): Promise<'stop' | 'bytes' | null> {
  const { stopAt } = goal;
  const watchesStart = info.first <= goal.after.ts;
  const watchesStop = stopAt !== null && info.last.ts >= stopAt;
  progress.before = null;
  for (let at = 0; at < content.length; ) {
    const end = documentEnd(content, at, content.length);
    const entry = content.subarray(at, end);
    at = end;
    if (watchesStart || watchesStop) {
      const ts = timestampOf(entry);
      if (ts <= goal.after.ts) continue;
      if (watchesStop && ts > stopAt && progress.good) return 'stop';
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
    if (becameGood(pass, entry, progress) && isFull(progress, goal)) {
      progress.optime = optimeOf(entry);
      return 'bytes';
    }
  }
  progress.optime = info.last;
  return stopAt !== null && info.last.ts >= stopAt && progress.good ? 'stop' : null;
}

/** Where transactions overlap at the end of every slice, there may be a good place between two entries. */
function becameGood(pass: FoldPass, entry: Buffer, progress: Progress): boolean {
  const { good, before } = progress;
  progress.good = pass.canCut;
  progress.before = entry;
  if (good && !progress.good && before !== null) progress.lastGood = optimeOf(before);
  return !good && progress.good;
}

/** Of an entry of the oplog. */
export function timestampOf(entry: Buffer): bigint {
  const at = findElement(entry, 0, entry.length, tsName);
  return at < 0 || entry[at] !== elementType.timestamp ? 0n : entry.readBigUInt64LE(at + 4);
}

function optimeOf(entry: Buffer): Optime {
  return { ts: timestampOf(entry), term: termOf(entry) };
}

function termOf(entry: Buffer): number {
  const at = findElement(entry, 0, entry.length, termName);
  return at < 0 || entry[at] !== elementType.int64 ? -1 : Number(entry.readBigInt64LE(at + 3));
}
