import type { VaultSet } from '../../vault/ports.ts';
import type { SetReport } from '../../wire/agent-messages.ts';
import type { BackupSet, BackupState } from '../../wire/api/backups.ts';
import { optimeMessageOf, secondsOf } from './optime-text.ts';
import type { SeenTask } from './report-book.ts';
import type { KnownSet } from './set-book.ts';

/** Two heartbeats of an idle set and the way of a slice stay below it. */
const behindSeconds = 60;

/** Where backup of a set stands. `seen`: what an agent said lately. */
export function stateOf({ kept }: KnownSet, lagSeconds: number | null): BackupState {
  if (kept === undefined) return 'off';
  if (kept.standing !== 'active') return kept.standing;
  const { scan } = kept;
  // Single collections that were newly included are copied while all others stay protected.
  if (scan !== null && (scan.kind !== 'collections' || kept.restorable === null)) {
    return scan.from === null ? 'starting' : 'scanning';
  }
  if (kept.lost !== null) return 'resyncNeeded';
  if (kept.restorable === null) return kept.checkpoint === null ? 'starting' : 'catchingUp';
  return lagSeconds !== null && lagSeconds > behindSeconds ? 'behind' : 'protected';
}

/** Seconds of the source's life that could not be brought back if it were lost now; null: nothing can be brought back. */
export function lagOf(kept: VaultSet, seen: SeenTask | undefined, nowMs: number): number | null {
  if (kept.restorable === null) return null;
  const until = secondsOf(optimeMessageOf(kept.restorable.until).ts);
  const sinceHeard = Math.max(0, nowMs / 1000 - until);
  if (seen === undefined || seen.task.sourceLast === null) return sinceHeard;
  const unread = Math.max(0, secondsOf(seen.task.sourceLast.ts) - until);
  const { caughtUpAtMs } = seen.task;
  // The source itself may be out of reach: then its last word is old.
  const sinceCaughtUp = caughtUpAtMs === null ? 0 : (nowMs - caughtUpAtMs - seen.skewMs) / 1000;
  return Math.min(sinceHeard, Math.max(unread, sinceCaughtUp, 0));
}

/**
 * How long the source's oplog still holds the place at which capture stands, at the current churn. What the agent says of the oplog
 * counts; while none is there, what monitoring sees.
 */
export function oplogHoldsSeconds(
  kept: VaultSet,
  seen: SeenTask | undefined,
  report: SetReport | undefined,
): number | null {
  const place = kept.checkpoint === null ? (kept.scan?.from?.ts ?? null) : optimeMessageOf(kept.checkpoint).ts;
  const oplog = oplogOf(seen, report);
  if (place === null || oplog === null) return null;
  const ahead = secondsOf(place) - oplog.firstSeconds;
  const { lastSeconds, windowSeconds } = oplog;
  if (lastSeconds === null || windowSeconds === null) return Math.max(0, ahead);
  // An oplog that is not full yet reaches further back than its first entry says.
  const behind = Math.max(0, lastSeconds - secondsOf(place));
  return Math.max(0, Math.min(Math.max(ahead, windowSeconds - behind), longestSeconds));
}

const longestSeconds = 10 * 365 * 86_400;

interface Oplog {
  readonly firstSeconds: number;
  readonly lastSeconds: number | null;
  /** Of a full one at the current churn. */
  readonly windowSeconds: number | null;
}

function oplogOf(seen: SeenTask | undefined, report: SetReport | undefined): Oplog | null {
  if (seen !== undefined && seen.task.oplogFirst !== null) {
    const { oplogFirst, sourceLast, oplogBytes, churnBytesPerSecond: churn } = seen.task;
    return {
      firstSeconds: secondsOf(oplogFirst),
      lastSeconds: sourceLast === null ? null : secondsOf(sourceLast.ts),
      windowSeconds: oplogBytes === null || churn === null || churn <= 0 ? null : oplogBytes / churn,
    };
  }
  if (report?.oplogFirstMs === undefined) return null;
  const lastSeconds = report.oplogLastMs === undefined ? null : report.oplogLastMs / 1000;
  return { firstSeconds: report.oplogFirstMs / 1000, lastSeconds, windowSeconds: null };
}

type Problem = BackupSet['problem'];

/** What a person should know first. */
export function problemOf(kept: VaultSet | undefined, seen: SeenTask | undefined): Problem {
  if (kept === undefined) return null;
  const { lost, foldProblem, scan } = kept;
  if (lost !== null && scan === null) {
    const hint =
      'Start a resync: it sends only what differs. What was kept before stays restorable. Enlarge the oplog (replSetResizeOplog) so that it holds longer than the longest outage.';
    return { ...lost, hint };
  }
  if (foldProblem !== null) return foldProblem;
  if (seen?.task.problem != null) return { ...seen.task.problem, sinceMs: seen.problemSinceMs ?? seen.atMs };
  return null;
}

type Status = BackupSet['status'];

/** The state as a shape and a word, with the sentence beside it. */
export function statusOf(state: BackupState, problem: Problem, hasAgent: boolean, set: KnownSet): Status {
  const words: Readonly<Record<BackupState, Status>> = {
    off: { health: 'off', word: 'off' },
    starting: { health: hasAgent ? 'ok' : 'warn', word: hasAgent ? 'starting' : 'waits for an agent' },
    scanning: { health: 'ok', word: 'initial sync' },
    catchingUp: { health: 'ok', word: 'catching up' },
    protected: { health: 'ok', word: 'protected' },
    behind: { health: 'warn', word: 'behind' },
    resyncNeeded: { health: 'bad', word: 'resync needed' },
    stopped: { health: 'off', word: 'stopped' },
    terminating: { health: 'off', word: 'being deleted' },
  };
  const status = {
    ...words[state],
    ...(problem === null ? {} : { detail: problem.message, sinceMs: problem.sinceMs }),
  };
  if (set.kept?.standing !== 'active') return status;
  if (!hasAgent && status.health === 'ok') {
    const detail = 'No backup agent is in touch: nothing new is captured. Start one (Settings > Download).';
    return { ...status, health: 'warn', detail };
  }
  return problem !== null && status.health === 'ok' ? { ...status, health: 'warn' } : status;
}
