import type { Finding } from './condition.ts';
import { findings, needsOf } from './conditions/registry.ts';
import type { AlertRule, AlertSubject, ConditionState, GroupSnapshot, Needs } from './ports.ts';
import { step } from './state-machine.ts';
import { targetFit } from './target.ts';

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

/** What the enabled rules need in their snapshot. */
export function needsOfRules(rules: readonly Pick<AlertRule, 'enabled' | 'condition'>[]): Needs {
  const wanted = rules.filter((rule) => rule.enabled).map((rule) => needsOf(rule.condition));
  const windows = wanted.flatMap((needs) => needs.windows ?? []);
  return {
    metrics: [...new Set(wanted.flatMap((needs) => needs.metrics ?? []))],
    windows: [...new Map(windows.map((need) => [JSON.stringify(need), need])).values()],
    baselines: [...new Set(wanted.flatMap((needs) => needs.baselines ?? []))],
    startupWarnings: wanted.some((needs) => needs.startupWarnings),
    elections: wanted.some((needs) => needs.elections),
    peopleChanges: wanted.some((needs) => needs.peopleChanges),
  };
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
  const foreign = new Set<string>();
  for (const rule of rules) {
    if (!rule.enabled) continue;
    const { forMs, closeAfterMs } = rule;
    const fitOf = targetFit(rule.target, snapshot);
    for (const finding of findings(rule.condition, snapshot)) {
      const key = stateKey(rule.id, finding.subject.id);
      const before = states.get(key)?.state;
      if (before === undefined && finding.truth !== 'holds') continue;
      const fit = fitOf(finding.subject);
      if (fit === 'no') foreign.add(key);
      if (fit === 'no' || (fit === 'maybe' && before === undefined)) continue;
      seen.add(key);
      const after = step(before, { truth: finding.truth, nowMs: snapshot.nowMs, forMs, closeAfterMs, newAlertId });
      changes.push(...asChange(rule, finding, before, after.state, after.effect === 'open'));
    }
  }
  return [...changes, ...orphans(rules, states, seen, foreign)];
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
function orphans(
  rules: readonly AlertRule[],
  states: States,
  seen: ReadonlySet<string>,
  foreign: ReadonlySet<string>,
): readonly Change[] {
  const enabled = new Set(rules.filter((rule) => rule.enabled).map((rule) => rule.id));
  const orphaned = [...states].filter(([key]) => !seen.has(key));
  return orphaned.map(([key, { ruleId, subject, state }]) => {
    if (state.at === 'pending') return { kind: 'calmed', ruleId, subjectId: subject.id };
    const why = !enabled.has(ruleId)
      ? 'Its rule was removed or switched off.'
      : foreign.has(key)
        ? `Its rule is not about ${subject.label} any more.`
        : subject.kind === 'group'
          ? 'It is over.'
          : `${subject.label} is no longer watched.`;
    return { kind: 'closed', ruleId, subjectId: subject.id, alertId: state.alertId, why };
  });
}
