import { useState } from 'preact/hooks';
import type { AlertRule, Notifier } from '../../../wire/api/alerts.ts';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Icon } from '../../components/icon.tsx';
import { ListCard } from '../../components/list-card.tsx';
import { RowButton } from '../../components/row-button.tsx';
import { Pill } from '../../components/status.tsx';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { NotifierList } from './notifier-list.tsx';
import { RuleDialog } from './rule-dialog.tsx';
import { conditionWords } from './rule-words.ts';

const columns = ['Rule', 'When', 'Severity', 'State'];

/** When to call, and whom. */
export function AlertSettings() {
  const { groupId, may } = useGroup();
  const path = `/groups/${groupId}/alert-rules`;
  const rules = useResource<AlertRule[]>(path, ['alerts']);
  const notifiers = useResource<Notifier[]>(`/groups/${groupId}/notifiers`);
  const catalog = useResource<MetricInfo[]>('/catalog').data ?? [];
  const [editing, setEditing] = useState<AlertRule | 'new' | null>(null);
  return (
    <div class="stack">
      <ListCard
        title="Rules"
        note="an alert opens when one holds, and closes when it no longer does"
        from={rules}
        height={260}
        empty="There is no rule: nothing opens an alert."
        columns={columns}
        removal={{
          title: 'Remove the rule',
          text: 'Alerts that it opened are closed.',
          verb: 'Remove the rule',
          name: ({ name }) => name,
          act: ({ id }) => send('DELETE', `${path}/${encodeURIComponent(id)}`),
        }}
        action={
          may('monitoring.write') && (
            <span class="end">
              <button type="button" onClick={() => setEditing('new')}>
                <Icon name="plus" />
                Add rule
              </button>
            </span>
          )
        }
      >
        {(rule, askRemoval) => (
          <RuleRow
            rule={rule}
            catalog={catalog}
            path={`${path}/${encodeURIComponent(rule.id)}`}
            onChanged={rules.reload}
            onEdit={() => setEditing(rule)}
            onRemove={askRemoval}
          />
        )}
      </ListCard>
      <NotifierList from={notifiers} />
      {editing !== null && (
        <RuleDialog
          rule={editing === 'new' ? null : editing}
          notifiers={notifiers.data ?? []}
          onClose={() => setEditing(null)}
          onSaved={rules.reload}
        />
      )}
    </div>
  );
}

interface RuleRowProps {
  readonly rule: AlertRule;
  readonly catalog: readonly MetricInfo[];
  readonly path: string;
  readonly onChanged: () => void;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

function RuleRow({ rule, catalog, path, onChanged, onEdit, onRemove }: RuleRowProps) {
  const { may } = useGroup();
  const toggle = useAction(async () => {
    await send('PATCH', path, { enabled: !rule.enabled });
    onChanged();
  });
  return (
    <tr>
      <td class="host">
        <b>{rule.name}</b>
      </td>
      <td data-label="When" class="wrap">
        {conditionWords(rule, catalog)}
        {toggle.error !== null && <ErrorBox error={toggle.error} />}
      </td>
      <td data-label="Severity">
        <Pill health={rule.severity} word={rule.severity === 'bad' ? 'Severe' : 'Warning'} />
      </td>
      <td data-label="State">{rule.enabled ? <Pill health="ok" word="On" /> : <Pill health="off" word="Off" />}</td>
      <td class="acts">
        {may('monitoring.write') && (
          <>
            <RowButton
              word={rule.enabled ? 'Turn off' : 'Turn on'}
              of={rule.name}
              busy={toggle.busy}
              onClick={toggle.run}
            />
            <RowButton word="Edit" of={rule.name} onClick={onEdit} />
            {!rule.builtIn && <RowButton word="Remove" of={rule.name} onClick={onRemove} />}
          </>
        )}
      </td>
    </tr>
  );
}
