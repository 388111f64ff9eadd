import { catalogMetric } from '../../model/metric-catalog.ts';
import { plainName } from '../../model/plain-name.ts';
import { rawMetricUnit } from '../../model/raw-metric.ts';
import type { ConditionType } from '../condition.ts';
import { hostWords, valueWords } from '../message.ts';

/** Any metric, from the catalog or raw, above or below a value on a host. Counters are compared as rates per second. */
export const metric: ConditionType<'metric'> = {
  kind: 'metric',
  metrics: (condition) => [condition.metric],
  find: (condition, snapshot) => {
    const { blind } = snapshot;
    const values = snapshot.latest.get(condition.metric);
    const known = catalogMetric(condition.metric);
    const unit = known?.unit ?? rawMetricUnit(condition.metric);
    const title = known?.title ?? plainName(condition.metric);
    return snapshot.hosts.map((host) => {
      const value = values?.get(host.id);
      const isAbove = value !== undefined && condition.above !== undefined && value > condition.above;
      const isBelow = value !== undefined && condition.below !== undefined && value < condition.below;
      const threshold = isAbove || condition.below === undefined ? condition.above : condition.below;
      const side = isAbove || condition.below === undefined ? 'above' : 'below';
      return {
        subject: { kind: 'host', id: host.id, label: host.host },
        truth: blind || value === undefined ? 'unknown' : isAbove || isBelow ? 'holds' : 'gone',
        value: value ?? null,
        threshold: threshold ?? null,
        words: () => ({
          title: `${title} on ${hostWords(host.host)} is ${valueWords(value ?? 0, unit)}, ${side} ${valueWords(threshold ?? 0, unit)}`,
          detail: known?.explanation ?? `The raw metric ${condition.metric}.`,
        }),
      };
    });
  },
};
