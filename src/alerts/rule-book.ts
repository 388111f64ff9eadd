import { AppError } from '../runtime/errors.ts';
import type { AlertMemory } from './group-memory.ts';
import { newAlertingId } from './new-id.ts';
import type { AlertRule } from './ports.ts';

type NewRule = Omit<AlertRule, 'id' | 'builtIn'>;

/** The rules of a group, as people edit them. A change is looked at with the next look. */
export class RuleBook {
  readonly #memory: AlertMemory;

  constructor(memory: AlertMemory) {
    this.#memory = memory;
  }

  rules(groupId: string): Promise<readonly AlertRule[]> {
    return this.#memory.serially(groupId, async ({ rules }) => rules);
  }

  add(groupId: string, given: NewRule): Promise<AlertRule> {
    return this.#save(groupId, () => ({ ...given, id: newAlertingId('r'), builtIn: false }));
  }

  /** @throws NOT_FOUND */
  change(groupId: string, ruleId: string, given: Partial<NewRule>): Promise<AlertRule> {
    return this.#save(groupId, (rules) => ({ ...found(rules, ruleId), ...given }));
  }

  /** Its open alerts close with the next look. @throws NOT_FOUND, CONFLICT for a built-in rule. */
  async remove(groupId: string, ruleId: string): Promise<void> {
    await this.#memory.serially(groupId, async (group) => {
      if (found(group.rules, ruleId).builtIn) {
        throw new AppError('CONFLICT', 'this rule comes with Leafward', { hint: 'Switch it off instead.' });
      }
      await this.#memory.store.removeRule(groupId, ruleId);
      group.rules = group.rules.filter((rule) => rule.id !== ruleId);
    });
  }

  async #save(groupId: string, make: (rules: readonly AlertRule[]) => AlertRule): Promise<AlertRule> {
    return this.#memory.serially(groupId, async (group) => {
      const rule = make(group.rules);
      check(rule, new Set(group.notifiers.map((notifier) => notifier.id)));
      await this.#memory.store.saveRules(groupId, [rule]);
      group.rules = [...group.rules.filter((each) => each.id !== rule.id), rule].sort((a, b) =>
        a.id.localeCompare(b.id),
      );
      return rule;
    });
  }
}

function found(rules: readonly AlertRule[], ruleId: string): AlertRule {
  const rule = rules.find((each) => each.id === ruleId);
  if (rule === undefined) throw new AppError('NOT_FOUND', 'there is no such alert rule');
  return rule;
}

function check(rule: AlertRule, notifierIds: ReadonlySet<string>): void {
  const { condition } = rule;
  if (condition.kind === 'metric' && condition.above === undefined && condition.below === undefined) {
    throw new AppError('INPUT_INVALID', 'a metric condition needs "above", "below" or both', {
      details: { field: 'condition' },
    });
  }
  const unknown = rule.steps.flatMap((step) => step.notifierIds).find((id) => !notifierIds.has(id));
  if (unknown !== undefined) {
    throw new AppError('INPUT_INVALID', `the group has no notifier ${unknown}`, { details: { field: 'steps' } });
  }
}
