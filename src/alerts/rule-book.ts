import { AppError } from '../runtime/errors.ts';
import type { AlertMemory } from './group-memory.ts';
import { newAlertingId } from './new-id.ts';
import type { AlertRule } from './ports.ts';
import { isEverything } from './target.ts';

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
  remove(groupId: string, ruleId: string): Promise<AlertRule> {
    return this.#memory.serially(groupId, async (group) => {
      const rule = found(group.rules, ruleId);
      if (rule.builtIn) {
        throw new AppError('CONFLICT', 'this rule comes with Leafward', { hint: 'Switch it off instead.' });
      }
      await this.#memory.store.removeRule(groupId, ruleId);
      group.rules = group.rules.filter((each) => each.id !== ruleId);
      return rule;
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

/** Conditions on agents, on people, on the server and on its disk. */
const hasNoHosts: ReadonlySet<string> = new Set<AlertRule['condition']['kind']>([
  'agentDown',
  'agentVersionBehind',
  'backupAgentDown',
  'backupStoreFull',
  'peopleChanged',
  'serverCertificateExpiring',
]);

function check(rule: AlertRule, notifierIds: ReadonlySet<string>): void {
  const { condition, target } = rule;
  if (condition.kind === 'metric' && condition.above === undefined && condition.below === undefined) {
    throw new AppError('INPUT_INVALID', 'a metric condition needs "above", "below" or both', {
      details: { field: 'condition' },
    });
  }
  if (!isEverything(target) && hasNoHosts.has(condition.kind)) {
    throw new AppError(
      'INPUT_INVALID',
      `a rule of the kind ${condition.kind} is not about hosts, so it has no target`,
      {
        hint: 'Leave the target empty.',
        details: { field: 'target' },
      },
    );
  }
  const late = rule.steps.find((step, at) => step.afterMs < (rule.steps[at - 1]?.afterMs ?? 0));
  if (late !== undefined) {
    throw new AppError('INPUT_INVALID', 'the steps must be in the order of their times', {
      details: { field: 'steps' },
    });
  }
  const unknown = rule.steps.flatMap((step) => step.notifierIds).find((id) => !notifierIds.has(id));
  if (unknown !== undefined) {
    throw new AppError('INPUT_INVALID', `the group has no notifier ${unknown}`, { details: { field: 'steps' } });
  }
}
