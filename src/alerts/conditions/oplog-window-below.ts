import type { ConditionType, Finding, Truth } from '../condition.ts';
import { durationWords } from '../message.ts';
import type { GroupSnapshot, SetView } from '../ports.ts';
import { isFreshView } from './set-view.ts';

const used = 'oplog.used';
const size = 'oplog.size';
/** An oplog that is not full yet has a short window only because it is young: that is no reason to wake anybody. */
const fullFrom = 0.9;

/** A replica set whose full oplog reaches back less than so many hours. */
export const oplogWindowBelow: ConditionType<'oplogWindowBelow'> = {
  kind: 'oplogWindowBelow',
  needs: () => ({ metrics: [used, size] }),
  find: ({ hours }, snapshot) => snapshot.sets.map((set) => finding(set, hours, snapshot)),
};

function finding(set: SetView, hours: number, snapshot: GroupSnapshot): Finding {
  const { oplogFirstMs, oplogLastMs, name, replicaSetId, reportedBy } = set.report;
  const windowMs = oplogFirstMs === undefined || oplogLastMs === undefined ? null : oplogLastMs - oplogFirstMs;
  return {
    subject: { kind: 'set', id: replicaSetId, label: name },
    truth: windowMs === null || !isFreshView(set, snapshot) ? 'unknown' : truth(windowMs, hours, set, snapshot),
    value: windowMs === null ? null : windowMs / 3_600_000,
    threshold: hours,
    words: () => ({
      title: `The oplog of ${name} reaches back only ${durationWords(windowMs ?? 0)}`,
      detail: `A member that is away for longer must be copied anew. Seen on ${reportedBy}. Make the oplog larger (replSetResizeOplog on each member) or write less; "Oplog written" shows how much.`,
    }),
  };
}

function truth(windowMs: number, hours: number, set: SetView, snapshot: GroupSnapshot): Truth {
  if (windowMs >= hours * 3_600_000) return 'gone';
  const reporter = snapshot.hostByName.get(set.report.reportedBy);
  const usedBytes = snapshot.latest.get(used)?.get(reporter?.id ?? '');
  const sizeBytes = snapshot.latest.get(size)?.get(reporter?.id ?? '');
  if (usedBytes === undefined || sizeBytes === undefined || sizeBytes <= 0) return 'unknown';
  return usedBytes >= sizeBytes * fullFrom ? 'holds' : 'gone';
}
