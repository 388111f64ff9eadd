import { useId, useState } from 'preact/hooks';
import type { AlertCondition } from '../../../../wire/api/alerts.ts';
import type { MetricInfo } from '../../../../wire/api/metrics.ts';
import { InlineChoice, InlineDuration, InlineNumber } from './inline-fields.tsx';
import { metricOf } from './rule-words.ts';

type MetricCondition = Extract<AlertCondition, { kind: 'metric' }>;
type AnomalyCondition = Extract<AlertCondition, { kind: 'anomaly' }>;

interface MetricProps<T> {
  readonly condition: T;
  readonly catalog: readonly MetricInfo[];
  readonly onChange: (condition: AlertCondition) => void;
}

const hour = 3_600_000;
const sides = [
  ['above', 'above'],
  ['below', 'below'],
  ['both', 'above or below'],
] as const;

/** The middle of a sentence about a metric: which one, over how long, and what it must pass. */
export function MetricSentence({ condition, catalog, onChange }: MetricProps<MetricCondition | AnomalyCondition>) {
  return (
    <>
      <MetricInput
        catalog={catalog}
        metric={condition.metric}
        onChange={(metric) => onChange({ ...condition, metric })}
      />
      {condition.kind === 'metric' ? (
        <Bounds condition={condition} catalog={catalog} onChange={onChange} />
      ) : (
        <Deviation condition={condition} catalog={catalog} onChange={onChange} />
      )}
    </>
  );
}

function Bounds({ condition, catalog, onChange }: MetricProps<MetricCondition>) {
  const { above, below, aggregate = 'newest', windowMs = 300_000 } = condition;
  const side = above !== undefined && below !== undefined ? 'both' : below !== undefined ? 'below' : 'above';
  const { unit } = metricOf(condition.metric, catalog);
  const words =
    unit === null || unit === 'count'
      ? ''
      : aggregate === 'rate' && !unit.endsWith(' per second')
        ? `${unit} per second`
        : unit;
  const choose = (next: (typeof sides)[number][0]) => {
    const { above: _, below: __, clearsAbove: ___, clearsBelow: ____, ...rest } = condition;
    const value = above ?? below ?? 0;
    onChange({
      ...rest,
      ...(next === 'below' ? {} : { above: value }),
      ...(next === 'above' ? {} : { below: below ?? value }),
    });
  };
  return (
    <>
      {aggregate !== 'newest' && (
        <>
          <span>over</span>
          <InlineDuration
            label="Window"
            ms={windowMs}
            min={60_000}
            max={24 * hour}
            onChange={(next) => onChange({ ...condition, windowMs: next })}
          />
        </>
      )}
      <span>is</span>
      <InlineChoice label="Side" value={side} options={sides} onChange={choose} />
      {above !== undefined && (
        <InlineNumber label="Above" value={above} onChange={(value) => onChange({ ...condition, above: value ?? 0 })} />
      )}
      {side === 'both' && <span>or</span>}
      {below !== undefined && (
        <InlineNumber label="Below" value={below} onChange={(value) => onChange({ ...condition, below: value ?? 0 })} />
      )}
      {words !== '' && <span>{words}</span>}
    </>
  );
}

function Deviation({ condition, onChange }: MetricProps<AnomalyCondition>) {
  const { side, deviations, windowMs } = condition;
  return (
    <>
      <span>is</span>
      <InlineChoice
        label="Side"
        value={side}
        options={sides}
        onChange={(next) => onChange({ ...condition, side: next })}
      />
      <span>its usual by</span>
      <InlineNumber
        label="Deviations"
        value={deviations}
        min={1}
        max={100}
        onChange={(value) => onChange({ ...condition, deviations: value ?? 6 })}
      />
      <span>deviations, over</span>
      <InlineDuration
        label="Window"
        ms={windowMs}
        min={60_000}
        max={24 * hour}
        onChange={(next) => onChange({ ...condition, windowMs: next })}
      />
    </>
  );
}

interface MetricInputProps {
  readonly metric: string;
  readonly catalog: readonly MetricInfo[];
  readonly onChange: (metric: string) => void;
}

/** A metric by its title out of the catalog, or any raw name as the charts show it. */
function MetricInput({ metric, catalog, onChange }: MetricInputProps) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? metricOf(metric, catalog).title;
  return (
    <>
      <input
        class="inline metric"
        aria-label="Metric"
        list={id}
        required
        autocomplete="off"
        spellcheck={false}
        value={shown}
        style={{ width: `${Math.min(40, Math.max(12, shown.length + 3))}ch` }}
        onFocus={({ currentTarget }) => currentTarget.select()}
        onBlur={() => setTyped(null)}
        onInput={({ currentTarget: { value } }) => {
          setTyped(value);
          const text = value.trim();
          onChange(catalog.find(({ title, name }) => title === text || name === text)?.name ?? text);
        }}
      />
      <datalist id={id}>
        {catalog.map(({ name, title }) => (
          <option key={name} value={title}>
            {name}
          </option>
        ))}
      </datalist>
    </>
  );
}
