import type { ConditionType, Truth } from '../condition.ts';
import { durationWords, hostWords, valueWords } from '../message.ts';
import type { AlertCondition, GroupSnapshot, WindowNeed } from '../ports.ts';
import { metricWords } from './metric-words.ts';

type MetricCondition = Extract<AlertCondition, { kind: 'metric' }>;

/** Without a clear-value of its own a threshold is left behind by this much. */
const clearShare = 0.05;
const usualWindowMs = 300_000;

/** Any metric, from the catalog or raw, above or below a value on a host. Counters are compared as rates per second. */
export const metric: ConditionType<'metric'> = {
  kind: 'metric',
  needs: (condition) => {
    const window = windowOf(condition);
    return window === null ? { metrics: [condition.metric] } : { windows: [window] };
  },
  find: (condition, snapshot) => {
    const { above, below } = condition;
    const words = metricWords(condition.metric);
    const unit = condition.aggregate === 'rate' ? 'count' : words.unit;
    const valueOf = reader(condition, snapshot);
    return snapshot.hosts.map((host) => {
      const value = snapshot.blind ? undefined : valueOf(host.id);
      const isAbove = value !== undefined && above !== undefined && value > above;
      const isLow = !isAbove && below !== undefined && (above === undefined || isNearer(value ?? below, above, below));
      const threshold = (isLow ? below : above) ?? null;
      return {
        subject: { kind: 'host', id: host.id, label: host.host },
        truth: value === undefined ? 'unknown' : metricTruth(value, condition),
        value: value ?? null,
        threshold,
        words: () => ({
          title: `${words.title} on ${hostWords(host.host)} is ${ofWindow(condition, valueWords(value ?? 0, unit))}, ${isLow ? 'below' : 'above'} ${valueWords(threshold ?? 0, unit)}`,
          detail: words.explanation,
        }),
      };
    });
  },
};

/** Past the threshold it holds; on the way back it is `between` until the clear-value. */
export function metricTruth(value: number, { above, below, clearsBelow, clearsAbove }: MetricCondition): Truth {
  if ((above !== undefined && value > above) || (below !== undefined && value < below)) return 'holds';
  const high = above !== undefined && value > Math.min(above, clearsBelow ?? above - Math.abs(above) * clearShare);
  const low = below !== undefined && value < Math.max(below, clearsAbove ?? below + Math.abs(below) * clearShare);
  return high || low ? 'between' : 'gone';
}

function isNearer(value: number, above: number, below: number): boolean {
  return Math.abs(value - below) <= Math.abs(value - above);
}

function windowOf({
  metric: name,
  aggregate = 'newest',
  windowMs = usualWindowMs,
}: MetricCondition): WindowNeed | null {
  return aggregate === 'newest' ? null : { metric: name, windowMs, aggregate };
}

function reader(
  condition: MetricCondition,
  { latest, windowed }: GroupSnapshot,
): (hostId: string) => number | undefined {
  const window = windowOf(condition);
  if (window !== null) return (hostId) => windowed(window, hostId);
  const values = latest.get(condition.metric);
  return (hostId) => values?.get(hostId);
}

/** "93 % on average over 5 min" */
function ofWindow({ aggregate = 'newest', windowMs = usualWindowMs }: MetricCondition, words: string): string {
  const span = durationWords(windowMs);
  switch (aggregate) {
    case 'newest':
      return words;
    case 'average':
      return `${words} on average over ${span}`;
    case 'maximum':
      return `${words} at most over ${span}`;
    case 'minimum':
      return `${words} at least over ${span}`;
    case 'rate':
      return `changing by ${words} per second over ${span}`;
  }
}
