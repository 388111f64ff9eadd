import { type ComponentChildren, Fragment } from 'preact';
import type { AlertCondition, NewAlertRule } from '../../../../wire/api/alerts.ts';
import type { MetricInfo } from '../../../../wire/api/metrics.ts';
import {
  type ConditionKind,
  conditionKinds,
  groupedKinds,
  numberOf,
  peopleChanges,
  phraseParts,
  usualCondition,
} from './condition-kinds.ts';
import { InlineDuration, InlineNumber } from './inline-fields.tsx';
import { MetricSentence } from './metric-sentence.tsx';
import { aggregateWords } from './rule-words.ts';

interface SentenceProps {
  readonly draft: NewAlertRule;
  readonly catalog: readonly MetricInfo[];
  readonly onChange: (draft: NewAlertRule) => void;
  /** What follows: where it applies. */
  readonly children: ComponentChildren;
}

const day = 86_400_000;

/** The rule as a sentence with fields in it: `When [a member lags more than] [60] seconds behind its primary for [2 min]`. */
export function ConditionSentence({ draft, catalog, onChange, children }: SentenceProps) {
  const { condition } = draft;
  const { kind } = condition;
  const change = (next: AlertCondition) => onChange({ ...draft, condition: next });
  return (
    <>
      <div class="sentence">
        <span>When</span>
        <ConditionChoice condition={condition} onChange={change} />
        {condition.kind === 'metric' || condition.kind === 'anomaly' ? (
          <MetricSentence key={kind} condition={condition} catalog={catalog} onChange={change} />
        ) : (
          <Numbers key={kind} condition={condition} onChange={change} />
        )}
        <span>for</span>
        <InlineDuration
          label="Must hold for"
          ms={draft.forMs}
          max={7 * day}
          onChange={(forMs) => onChange({ ...draft, forMs })}
        />
        {children}
      </div>
      {condition.kind === 'peopleChanged' && <PeopleChoices condition={condition} onChange={change} />}
    </>
  );
}

interface PartProps<T extends AlertCondition = AlertCondition> {
  readonly condition: T;
  readonly onChange: (condition: AlertCondition) => void;
}

/** Every condition by the beginning of its sentence; how a metric is read is part of the choice. */
function ConditionChoice({ condition, onChange }: PartProps) {
  const choose = (value: string) => {
    const [name, aggregate] = value.split(' ');
    const read = (Object.keys(aggregateWords) as (keyof typeof aggregateWords)[]).find((one) => one === aggregate);
    if (read !== undefined) {
      const before = condition.kind === 'metric' ? condition : usualCondition('metric');
      return onChange({ ...before, aggregate: read } as AlertCondition);
    }
    const kind = (Object.keys(conditionKinds) as ConditionKind[]).find((one) => one === name);
    if (kind !== undefined) onChange(usualCondition(kind));
  };
  return (
    <select
      class="inline"
      aria-label="Condition"
      value={condition.kind === 'metric' ? `metric ${condition.aggregate ?? 'newest'}` : condition.kind}
      onChange={({ currentTarget }) => choose(currentTarget.value)}
    >
      {[...groupedKinds()].map(([group, kinds]) => (
        <optgroup key={group} label={group}>
          {kinds.map((kind) =>
            kind === 'metric' ? (
              Object.entries(aggregateWords).map(([name, words]) => (
                <option key={name} value={`metric ${name}`}>
                  {words}
                </option>
              ))
            ) : (
              <option key={kind} value={kind}>
                {phraseParts(kind)[0]}
              </option>
            ),
          )}
        </optgroup>
      ))}
    </select>
  );
}

/** What follows the choice: numbers with the words between them. */
function Numbers({ condition, onChange }: PartProps) {
  const { numbers = {} } = conditionKinds[condition.kind];
  return (
    <>
      {phraseParts(condition.kind)
        .slice(1)
        .map((part, at, parts) => {
          const bounds = at % 2 === 0 ? numbers[part] : undefined;
          if (bounds === undefined) return part === '' ? null : <span key={part}>{part}</span>;
          return (
            <Fragment key={part}>
              <InlineNumber
                label={`${part === 'count' ? 'Number' : part} ${parts[at + 1] ?? ''}`.trim()}
                value={numberOf(condition, part)}
                min={bounds.min}
                max={bounds.max}
                step={bounds.step ?? 1}
                onChange={(value) => onChange({ ...condition, [part]: value ?? bounds.min })}
              />
            </Fragment>
          );
        })}
    </>
  );
}

function PeopleChoices({ condition, onChange }: PartProps<Extract<AlertCondition, { kind: 'peopleChanged' }>>) {
  const has = (change: string) => condition.changes.some((one) => one === change);
  return (
    <fieldset class="pick-one">
      <legend>Which changes</legend>
      {peopleChanges.map(([name, words]) => (
        <label key={name} class="check">
          <input
            type="checkbox"
            checked={has(name)}
            onChange={({ currentTarget: { checked } }) =>
              onChange({
                ...condition,
                changes: peopleChanges.map(([one]) => one).filter((one) => (one === name ? checked : has(one))),
              })
            }
          />
          <span>{words}</span>
        </label>
      ))}
    </fieldset>
  );
}
