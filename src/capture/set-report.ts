import type { AppError } from '../runtime/errors.ts';
import type { BackupReportRequest } from '../wire/backup-messages.ts';
import type { SetScan } from './scan/set-scan.ts';
import { optimeMessageOf } from './source/optime-message.ts';
import type { SourceLook } from './source/source-look.ts';
import type { TailStatus } from './tail/oplog-tail.ts';
import type { SpoolRoom } from './tail/spool-room.ts';

export type SetReport = BackupReportRequest['tasks'][number];

interface SetState extends Pick<SetReport, 'replicaSetId' | 'epoch' | 'spoolBytes'> {
  /** The place in the oplog is gone. */
  readonly lost: boolean;
  /** Something that a person must mend. */
  readonly failed: boolean;
  readonly paused: boolean;
  readonly problem: AppError | null;
  readonly tail: TailStatus | undefined;
  readonly scan: SetScan['status'] | undefined;
  readonly look: SourceLook;
  readonly room: SpoolRoom;
}

/** What the server hears every few seconds about the capture of a set. */
export function setReport(capture: SetState): SetReport {
  const { replicaSetId, epoch, problem, tail, scan, look, spoolBytes, room } = capture;
  const { oplogFirst, oplogBytes, churnBytesPerSecond, sourceLast } = look;
  return {
    replicaSetId,
    epoch,
    state: stateOf(capture),
    problem: problem === null ? null : problemOf(problem),
    member: tail?.member ?? null,
    scanMember: scan?.member ?? null,
    sourceLast: sourceLast === null ? null : optimeMessageOf(sourceLast),
    readLast: tail?.readLast == null ? null : optimeMessageOf(tail.readLast),
    caughtUpAtMs: tail?.caughtUpAtMs ?? null,
    oplogFirst,
    oplogBytes,
    churnBytesPerSecond,
    spoolBytes,
    spoolLimitBytes: room.limitBytes,
    spoolFreeBytes: room.freeBytes,
    scanBytesPerSecond: scan?.bytesPerSecond ?? null,
  };
}

function stateOf({ lost, failed, paused, tail, scan }: SetState): SetReport['state'] {
  if (lost) return 'lost';
  if (paused) return 'paused';
  if (failed) return 'failed';
  if (tail === undefined) return 'starting';
  if (tail.isFull) return 'spooling';
  if (scan !== undefined) return 'scanning';
  return tail.member === null ? 'starting' : 'tailing';
}

function problemOf({ code, message, hint }: AppError): NonNullable<SetReport['problem']> {
  return { code, message: message.slice(0, 2000) || code, hint: hint.slice(0, 4000) };
}
