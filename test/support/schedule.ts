import { availableParallelism, cpus, freemem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

export interface ScheduleLimits {
  /** Files that run at once whatever the machine does. */
  readonly least: number;
  /** Never more than these. */
  readonly most: number;
  /** Cores that nothing used lately; the next file beyond `least` begins when it is one half at least. */
  readonly idleCores: () => number;
  readonly freeBytes: () => number;
  readonly everyMs: number;
}

const wantedIdleCores = 0.5;
/** Several mongods, or a browser. */
const wantedFreeBytes = 1.5 * 2 ** 30;
/** A file shows what it takes of the machine before the next is let in. */
const ticksBetweenExtras = 8;

/** As many files as cores, and twice as many while most of them wait for elections, deadlines and disks. */
export function machineLimits(cores = availableParallelism()): ScheduleLimits {
  const least = Math.min(cores, 4);
  return {
    least,
    most: Math.min(2 * cores + 1, 8),
    idleCores: idleCoresMeter(cores),
    freeBytes: freemem,
    everyMs: 250,
  };
}

/** Does all of the work in order, several pieces at once; resolves when the last one has ended. */
export async function runScheduled<T>(
  queue: readonly T[],
  run: (item: T) => Promise<void>,
  limits: ScheduleLimits,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const waiting = [...queue];
  let sinceExtra = 0;
  while (waiting.length > 0) {
    sinceExtra++;
    const idle = limits.idleCores();
    const isExtra = running.size >= limits.least;
    const room = running.size < limits.most && idle >= wantedIdleCores && limits.freeBytes() >= wantedFreeBytes;
    if (isExtra && !(room && sinceExtra >= ticksBetweenExtras)) {
      await Promise.race([...running, delay(limits.everyMs)]);
      continue;
    }
    if (isExtra) sinceExtra = 0;
    const [item] = waiting.splice(0, 1);
    if (item === undefined) break;
    const work = run(item).finally(() => running.delete(work));
    running.add(work);
  }
  await Promise.all(running);
}

/** Cores of ours that were idle over the last two seconds; on a machine shared with others what they use counts as well. */
function idleCoresMeter(cores: number): () => number {
  const spanMs = 2000;
  const readings: { atMs: number; busyMs: number }[] = [];
  return () => {
    const now = { atMs: performance.now(), busyMs: busyMs() };
    readings.push(now);
    while ((readings[1]?.atMs ?? now.atMs) < now.atMs - spanMs) readings.shift();
    const [first] = readings;
    if (first === undefined || now.atMs - first.atMs < spanMs / 2) return 0;
    return cores - (now.busyMs - first.busyMs) / (now.atMs - first.atMs);
  };
}

function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}
