import type { AlertRule, AlertTemplate } from '../../../../wire/api/alerts.ts';
import type { Host } from '../../../../wire/api/deployment.ts';
import type { MetricInfo } from '../../../../wire/api/metrics.ts';
import type { Notifier } from '../../../../wire/api/notifiers.ts';
import { send } from '../../../api.ts';
import { useAction } from '../../../components/action.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { Icon } from '../../../components/icon.tsx';
import { useMenu } from '../../../components/menu.ts';
import { Pill } from '../../../components/status.tsx';
import { duration } from '../../../format.ts';
import { groupPath } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { setNames } from '../target-choices.ts';
import { conditionKinds } from './condition-kinds.ts';
import { differs } from './rule-draft.ts';
import { conditionWords, targetWords } from './rule-words.ts';

interface RuleRowProps {
  readonly rule: AlertRule;
  /** What a built-in rule was at first. */
  readonly template: AlertTemplate | undefined;
  readonly catalog: readonly MetricInfo[];
  readonly hosts: readonly Host[];
  readonly notifiers: readonly Notifier[] | undefined;
  readonly onChanged: () => void;
  readonly onRemove: () => void;
}

/** One rule in words, with all that can be done with it behind one button. */
export function RuleRow(props: RuleRowProps) {
  const { rule, template, catalog, hosts, notifiers, onChanged } = props;
  const { groupId, may } = useGroup();
  const change = useAction(async (body: object) => {
    await send('PATCH', `/groups/${groupId}/alert-rules/${encodeURIComponent(rule.id)}`, body);
    onChanged();
  });
  const setName = (id: string) => setNames(hosts).find(([value]) => value === id)?.[1] ?? id;
  const where = targetWords(rule.target, conditionKinds[rule.condition.kind].about, setName);
  const changed = template !== undefined && differs(rule, template);
  return (
    <tr class={rule.enabled ? undefined : 'gone'}>
      <td class="host">
        {may('monitoring.write') ? (
          <a href={groupPath(groupId, 'settings', 'alerts', rule.id)}>
            <b>{rule.name}</b>
          </a>
        ) : (
          <b>{rule.name}</b>
        )}
        {rule.builtIn && <span class="under">comes with Leafward{changed && ', changed'}</span>}
      </td>
      <td data-label="When" class="wrap">
        {conditionWords(rule, catalog)}
        {where !== '' && <span class="under">on {where}</span>}
        {change.error !== null && <ErrorBox error={change.error} />}
      </td>
      <td data-label="Told" class="wrap">
        {toldWords(rule, notifiers)}
      </td>
      <td data-label="State" class="wrap">
        {rule.enabled ? (
          <Pill health={rule.severity} word={rule.severity === 'bad' ? 'Severe' : 'Warning'} />
        ) : (
          <Pill health="off" word="Off" />
        )}
      </td>
      <td class="acts">
        {may('monitoring.write') && (
          <RuleMenu
            {...props}
            changed={changed}
            busy={change.busy}
            onToggle={() => change.run({ enabled: !rule.enabled })}
            onReset={() => template !== undefined && change.run({ ...template.rule, enabled: rule.enabled })}
          />
        )}
      </td>
    </tr>
  );
}

interface RuleMenuProps extends RuleRowProps {
  readonly changed: boolean;
  readonly busy: boolean;
  readonly onToggle: () => void;
  readonly onReset: () => void;
}

function RuleMenu({ rule, changed, busy, onToggle, onReset, onRemove }: RuleMenuProps) {
  const { groupId } = useGroup();
  const { open, setOpen, box } = useMenu();
  const rulePage = groupPath(groupId, 'settings', 'alerts', rule.id);
  const choose = (act: () => void) => () => {
    setOpen(false);
    act();
  };
  return (
    <div class="menu-box" ref={box}>
      <button
        type="button"
        class="quiet"
        aria-expanded={open}
        aria-label={`Change ${rule.name}`}
        disabled={busy}
        onClick={() => setOpen(!open)}
      >
        Change
        <Icon name="down" />
      </button>
      {open && (
        <div class="menu">
          <a href={rulePage}>Edit</a>
          <a href={`${groupPath(groupId, 'settings', 'alerts', 'new')}?copy=${encodeURIComponent(rule.id)}`}>
            Duplicate
          </a>
          <button type="button" onClick={choose(onToggle)}>
            {rule.enabled ? 'Turn off' : 'Turn on'}
          </button>
          {changed && (
            <button type="button" onClick={choose(onReset)}>
              Back to how it came
            </button>
          )}
          {!rule.builtIn && (
            <button type="button" onClick={choose(onRemove)}>
              Remove
            </button>
          )}
        </div>
      )}
    </div>
  );
}

/** `all notifiers`, `on-call; after 15 min: boss; again from 1 h`. */
export function toldWords({ steps, repeatMs }: AlertRule, notifiers: readonly Notifier[] | undefined): string {
  if (steps.length === 0) return 'nobody';
  const name = (id: string) => notifiers?.find((one) => one.id === id)?.name ?? 'a notifier';
  const words = steps.map(({ afterMs, notifierIds }) => {
    const who = notifierIds.length === 0 ? 'all notifiers' : notifierIds.map(name).join(', ');
    return afterMs === 0 ? who : `after ${duration(afterMs)}: ${who}`;
  });
  return [...words, ...(repeatMs === null ? [] : [`again after ${duration(repeatMs)}`])].join('; ');
}
