import type { AlertRule, AlertTarget, AlertTemplate, NewAlertRule } from '../../../../wire/api/alerts.ts';
import { conditionKinds, usualCondition } from './condition-kinds.ts';

export const everything: AlertTarget = { hostPattern: '', hostTypes: [], sets: [], clusters: [], tags: [] };

/** A rule to begin with: a metric, told to everybody at once. */
export function emptyRule(): NewAlertRule {
  return {
    name: '',
    condition: usualCondition('metric'),
    target: everything,
    forMs: 300_000,
    closeAfterMs: 30_000,
    severity: 'warn',
    enabled: true,
    steps: [{ afterMs: 0, notifierIds: [] }],
    repeatMs: null,
  };
}

/** What of a rule can be changed. */
export function draftOf({ id: _, builtIn: __, ...rule }: AlertRule): NewAlertRule {
  return rule;
}

/** As the server takes it: what the condition has no use for is left out, steps come in the order of their times. */
export function ruleBody(draft: NewAlertRule): NewAlertRule {
  const { about } = conditionKinds[draft.condition.kind];
  return {
    ...draft,
    name: draft.name.trim(),
    target: about === 'agent' || about === 'group' ? everything : draft.target,
    steps: draft.steps.toSorted((a, b) => a.afterMs - b.afterMs),
    repeatMs: draft.steps.length === 0 ? null : draft.repeatMs,
  };
}

/** What is still missing before it can be saved or tried; null: nothing. */
export function missing({ condition, target }: NewAlertRule): string | null {
  if (condition.kind === 'metric') {
    if (condition.metric.trim() === '') return 'Choose a metric.';
    if (condition.above === undefined && condition.below === undefined) return 'Give the value that it must pass.';
  }
  if (condition.kind === 'anomaly' && condition.metric.trim() === '') return 'Choose a metric.';
  if (condition.kind === 'peopleChanged' && condition.changes.length === 0) return 'Choose what may change.';
  return target.hostPattern.length > 400 ? 'The pattern of host names is too long.' : null;
}

/** Whether a built-in rule says something else than when the group was new; switched off is not a difference. */
export function differs(rule: AlertRule, template: AlertTemplate): boolean {
  const plain = (one: NewAlertRule) => JSON.stringify(sorted({ ...one, enabled: true }));
  return plain(draftOf(rule)) !== plain(template.rule);
}

/** With the fields of every object in one order, so that two of them can be compared as text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]),
  );
}
