import type { AlertRule, AlertSubject } from '../../alerts/ports.ts';
import { hostsByName } from '../../alerts/ports.ts';
import { looksOfSpans, messagesOf, type PastInterval, replay } from '../../alerts/replay.ts';
import { targetFit } from '../../alerts/target.ts';
import type { MetricsEngine } from '../../metrics/ports.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { AlertPreview, NewAlertRule } from '../../wire/api/alerts.ts';
import type { Fleet, GroupFleet } from '../fleet/fleet.ts';
import type { Stores } from '../ports.ts';
import { eventHistory } from './event-history.ts';
import { metricHistory, type SeriesCondition, seriesCondition } from './metric-history.ts';
import { watchedHosts } from './snapshot.ts';

const longestMs = 31 * 86_400_000;
/**
 * The work for one answer, so that it takes less than a second: days of one host whose hours are read (about 0.4 ms each), and hours
 * of which minutes are read (about 0.5 ms each). What does not fit is walked less closely, or not at all, and the answer says so.
 */
const daysAtMost = 1500;
const fineHoursAtMost = 700;

export interface PreviewParts {
  readonly clock: Clock;
  readonly fleet: Fleet;
  readonly stores: Pick<Stores, 'events' | 'audit'>;
  readonly metrics: MetricsEngine;
}

interface Asked {
  readonly groupId: string;
  readonly rule: NewAlertRule;
  readonly fromMs: number;
  readonly toMs: number;
  /** Ids of those that are switched on. */
  readonly notifiers: readonly string[];
}

type Found = Pick<AlertPreview, 'history' | 'note' | 'resolutionMs' | 'subjects' | 'walked' | 'watched'>;

/** What a rule would have done in a time of the past, from what is stored. @throws INPUT_INVALID for a span that makes no sense */
export async function previewRule(parts: PreviewParts, asked: Asked): Promise<AlertPreview> {
  const { rule, notifiers } = asked;
  const toMs = Math.min(asked.toMs, parts.clock.now());
  const { fromMs } = asked;
  if (!(fromMs < toMs) || toMs - fromMs > longestMs) {
    throw new AppError('INPUT_INVALID', 'the time to look at must be of the past, and at most 31 days long', {
      details: { field: 'from' },
    });
  }
  const group = await parts.fleet.group(asked.groupId);
  const found = await walk(parts, group, { ...asked, toMs });
  const intervals = found.subjects.flatMap((subject) => subject.intervals);
  const messages = intervals.map((interval) =>
    messagesOf(rule, (interval.toMs ?? toMs) - interval.fromMs, interval.toMs !== null, notifiers),
  );
  return {
    fromMs,
    toMs,
    ...found,
    alerts: intervals.length,
    notifications: messages.reduce((sum, count) => sum + count, 0),
  };
}

async function walk(parts: PreviewParts, group: GroupFleet, asked: Asked): Promise<Found> {
  const subjects = subjectsOf(group, asked.rule);
  const series = seriesCondition(asked.rule.condition);
  if (series !== undefined) return walkSeries(parts, subjects.hosts, series, asked);
  const past = await eventHistory(parts.stores, asked);
  if (past === undefined) {
    const note =
      'Nothing is stored of how this condition stood in the past: only its alerts would tell, and they come once the rule is on.';
    return { history: 'none', note, resolutionMs: null, subjects: [], walked: 0, watched: 0 };
  }
  const wanted = past.about === 'host' ? subjects.hosts : past.about === 'set' ? subjects.sets : past.subjects;
  const walked = wanted.map((subject) => {
    const spans = past.spans.get(subject.id) ?? [];
    const looks = looksOfSpans(spans, asked.rule, asked.toMs);
    return withIntervals(subject, replay(looks, asked.rule, longestMs, null));
  });
  return {
    history: past.note === null ? 'full' : 'partial',
    note: past.note,
    resolutionMs: null,
    subjects: walked.filter(({ intervals }) => intervals.length > 0),
    walked: wanted.length,
    watched: wanted.length,
  };
}

async function walkSeries(
  { metrics }: PreviewParts,
  hosts: readonly AlertSubject[],
  condition: SeriesCondition,
  asked: Asked,
): Promise<Found> {
  const subjects: AlertPreview['subjects'] = [];
  const span = { groupId: asked.groupId, fromMs: asked.fromMs, toMs: asked.toMs, forMs: asked.rule.forMs };
  const history = metricHistory(metrics, condition, span);
  const { resolutionMs } = history;
  const walked = Math.min(hosts.length, Math.floor(daysAtMost / history.daysRead));
  let fineHours = 0;
  let coarse = 0;
  for (const host of hosts.slice(0, walked)) {
    const past = await history.looks(host.id, fineHoursAtMost - fineHours);
    fineHours += past.fineHours;
    if (past.stepMs > resolutionMs) coarse++;
    const intervals = replay(past.looks, asked.rule, past.stepMs, condition.threshold);
    if (intervals.length > 0) subjects.push(withIntervals(host, intervals));
  }
  const hourly = coarse === 0 ? '' : `${coarse} of ${walked} hosts were walked hour by hour only. `;
  const left =
    walked < hosts.length
      ? `Only ${walked} of ${hosts.length} hosts were walked, which is the work for one answer. `
      : '';
  const note = `${left}${hourly}${condition.note ?? ''}`.trim();
  return {
    history: note === '' ? 'full' : 'partial',
    note: note === '' ? null : note,
    resolutionMs,
    subjects,
    walked,
    watched: hosts.length,
  };
}

function withIntervals(subject: AlertSubject, intervals: readonly PastInterval[]) {
  return { subject, intervals: intervals.map((interval) => ({ ...interval })) };
}

/** What the rule is about now: hosts that came and went meanwhile are not walked. */
function subjectsOf(group: GroupFleet, { target }: Pick<AlertRule, 'target'>) {
  const hosts = watchedHosts(group, { startupWarnings: false }, new Map());
  const sets = [...group.sets.values()].map(({ report, atMs }) => ({ report, atMs }));
  const fit = targetFit(target, { hosts, hostByName: hostsByName(hosts), sets });
  const of = (subject: AlertSubject): AlertSubject[] => (fit(subject) === 'yes' ? [subject] : []);
  return {
    hosts: hosts.flatMap(({ id, host }) => of({ kind: 'host', id, label: host })),
    sets: sets.flatMap(({ report }) => of({ kind: 'set', id: report.replicaSetId, label: report.name })),
  };
}
