import type { Finding } from './condition.ts';
import { findings, metricsOf } from './conditions/registry.ts';
import type { AlertRule, AlertSubject, ConditionState, GroupSnapshot } from './ports.ts';
import { step } from './state-machine.ts';

/** States by rule and subject, as `stateKey` joins them. */
export type States = ReadonlyMap<
  string,
  { readonly ruleId: string; readonly subject: AlertSubject; readonly state: ConditionState }
>;

export function stateKey(ruleId: string, subjectId: string): string {
  return `${ruleId}\n${subjectId}`;
}

/** What one look at a group found out. */
export type Change =
  | {
      readonly kind: 'moved';
      readonly rule: AlertRule;
      readonly finding: Finding;
      readonly state: ConditionState;
      readonly opened: boolean;
    }
  | { readonly kind: 'calmed'; readonly ruleId: string; readonly subjectId: string }
  | {
      readonly kind: 'closed';
      readonly ruleId: string;
      readonly subjectId: string;
      readonly alertId: string;
      readonly why: string;
    };

/** Metrics that the enabled rules need in their snapshot. */
export function metricsNeeded(rules: readonly AlertRule[]): readonly string[] {
  return [...new Set(rules.filter((rule) => rule.enabled).flatMap((rule) => metricsOf(rule.condition)))];
}

/** Every rule × every subject, one step each. Pure: what changes is given back, in the order of the rules. */
export function evaluate(
  rules: readonly AlertRule[],
  snapshot: GroupSnapshot,
  states: States,
  newAlertId: () => string,
): readonly Change[] {
  const changes: Change[] = [];
  const seen = new Set<string>();
  for (const rule of rules) {
    if (!rule.enabled) continue;
    for (const finding of findings(rule.condition, snapshot)) {
      const key = stateKey(rule.id, finding.subject.id);
      seen.add(key);
      const before = states.get(key)?.state;
      if (before === undefined && finding.truth !== 'holds') continue;
      const after = step(before, { truth: finding.truth, nowMs: snapshot.nowMs, forMs: rule.forMs, newAlertId });
      changes.push(...asChange(rule, finding, before, after.state, after.effect === 'open'));
    }
  }
  return [...changes, ...orphans(rules, states, seen)];
}

function asChange(
  rule: AlertRule,
  finding: Finding,
  before: ConditionState | undefined,
  state: ConditionState | undefined,
  opened: boolean,
): readonly Change[] {
  if (state !== undefined) return [{ kind: 'moved', rule, finding, state, opened }];
  const subjectId = finding.subject.id;
  if (before?.at === 'open') {
    return [{ kind: 'closed', ruleId: rule.id, subjectId, alertId: before.alertId, why: 'It is over.' }];
  }
  return before === undefined ? [] : [{ kind: 'calmed', ruleId: rule.id, subjectId }];
}

/** States whose rule was removed or disabled, or whose subject is no longer watched, end at once. */
function orphans(rules: readonly AlertRule[], states: States, seen: ReadonlySet<string>): readonly Change[] {
  const enabled = new Set(rules.filter((rule) => rule.enabled).map((rule) => rule.id));
  const orphaned = [...states].filter(([key]) => !seen.has(key));
  return orphaned.map(([, { ruleId, subject, state }]) => {
    if (state.at === 'pending') return { kind: 'calmed', ruleId, subjectId: subject.id };
    const why = enabled.has(ruleId)
      ? `${subject.label} is no longer watched.`
      : 'Its rule was removed or switched off.';
    return { kind: 'closed', ruleId, subjectId: subject.id, alertId: state.alertId, why };
  });
}
