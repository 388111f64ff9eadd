import type { ConditionType, Truth } from '../condition.ts';
import { durationWords, hostWords, valueWords } from '../message.ts';
import type { AlertCondition, Baseline } from '../ports.ts';
import { metricWords } from './metric-words.ts';

type AnomalyCondition = Extract<AlertCondition, { kind: 'anomaly' }>;

/** An alert ends when the value is back within this share of the distance that opened it. */
const clearShare = 0.8;

/** A metric that is far from what it was in the same hour of the last four weeks. */
export const anomaly: ConditionType<'anomaly'> = {
  kind: 'anomaly',
  needs: (condition) => ({
    windows: [{ metric: condition.metric, windowMs: condition.windowMs, aggregate: 'average' }],
    baselines: [condition.metric],
  }),
  find: (condition, snapshot) => {
    const { title, unit } = metricWords(condition.metric);
    const need = { metric: condition.metric, windowMs: condition.windowMs, aggregate: 'average' } as const;
    return snapshot.hosts.map((host) => {
      const value = snapshot.blind ? undefined : snapshot.windowed(need, host.id);
      const baseline = snapshot.baseline(condition.metric, host.id);
      const limits = baseline === undefined ? undefined : limitsOf(baseline, condition);
      const isHigh = value !== undefined && baseline !== undefined && value > baseline.median;
      return {
        subject: { kind: 'host', id: host.id, label: host.host },
        truth: value === undefined || baseline === undefined ? 'unknown' : anomalyTruth(value, baseline, condition),
        value: value ?? null,
        threshold: (isHigh ? limits?.high : limits?.low) ?? null,
        words: () => ({
          title: `${title} on ${hostWords(host.host)} is ${valueWords(value ?? 0, unit)}, unusually ${isHigh ? 'high' : 'low'}: about ${valueWords(baseline?.median ?? 0, unit)} is normal`,
          detail: `The average over ${durationWords(condition.windowMs)}. In this hour of the week it was between ${valueWords(limits?.low ?? 0, unit)} and ${valueWords(limits?.high ?? 0, unit)} in the last ${baseline?.weeks ?? 0} weeks. If it is right from now on, it will count as normal in a few weeks.`,
        }),
      };
    });
  },
};

export function anomalyTruth(value: number, baseline: Baseline, condition: AnomalyCondition): Truth {
  const { low, high } = limitsOf(baseline, condition);
  const { side } = condition;
  const off = value > baseline.median ? value - baseline.median : baseline.median - value;
  if (side !== (value > baseline.median ? 'above' : 'below') && side !== 'both') return 'gone';
  if (value > high || value < low) return 'holds';
  return off > (high - baseline.median) * clearShare ? 'between' : 'gone';
}

function limitsOf({ median, deviation }: Baseline, { deviations }: AnomalyCondition): { low: number; high: number } {
  return { low: median - deviations * deviation, high: median + deviations * deviation };
}
