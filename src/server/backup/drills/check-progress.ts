import { sleep } from '../../../runtime/periodic.ts';
import type { CheckProgress } from '../../../vault/ports.ts';
import type { DrillProgress } from '../../../wire/backup-messages.ts';

const lookEveryMs = 1000;
/** The rate is that of the last so many looks. */
const looks = 10;

/** Asks how far a check of the store is, until it has ended, and tells that as a drill that reads the proof. */
export async function withProgressOf(
  look: () => Promise<CheckProgress | null>,
  { told, until, signal }: { told: (progress: DrillProgress) => void; until: Promise<void>; signal: AbortSignal },
): Promise<void> {
  const over = new AbortController();
  const ended = until.then(() => over.abort());
  const either = AbortSignal.any([over.signal, signal]);
  const marks: { readonly atMs: number; readonly bytes: number }[] = [];
  while (!either.aborted) {
    const now = await look();
    if (now !== null && !either.aborted) {
      marks.push({ atMs: performance.now(), bytes: now.bytes });
      if (marks.length > looks) marks.shift();
      told(progressOf(now, marks));
    }
    await sleep(lookEveryMs, either);
  }
  if (!signal.aborted) await ended;
}

function progressOf(
  { documents, bytes, allBytes, namespace }: CheckProgress,
  marks: readonly { readonly atMs: number; readonly bytes: number }[],
): DrillProgress {
  const [first] = marks;
  const seconds = first === undefined ? 0 : (performance.now() - first.atMs) / 1000;
  const bytesPerSecond = first === undefined || seconds < 0.1 ? 0 : (bytes - first.bytes) / seconds;
  return {
    phase: 'proof',
    documents,
    bytes,
    allBytes: Math.max(allBytes, bytes),
    bytesPerSecond,
    secondsLeft: bytesPerSecond > 0 ? Math.max(0, allBytes - bytes) / bytesPerSecond : null,
    doing: [namespace],
  };
}
