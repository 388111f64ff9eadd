import { useState } from 'preact/hooks';
import type { AlertRule, Notifier } from '../../../wire/api/alerts.ts';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { Icon } from '../../components/icon.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Pill } from '../../components/status.tsx';
import { useResource } from '../../resource.ts';
import { mayChange, useGroup } from '../../session.ts';
import { NotifierList } from './notifier-list.tsx';
import { RuleDialog } from './rule-dialog.tsx';
import { conditionWords } from './rule-words.ts';

/** When to call, and whom. */
export function AlertSettings() {
  const { groupId, role } = useGroup();
  const rules = useResource<AlertRule[]>(`/groups/${groupId}/alert-rules`, ['alerts']);
  const notifiers = useResource<Notifier[]>(`/groups/${groupId}/notifiers`);
  const catalog = useResource<MetricInfo[]>('/catalog').data ?? [];
  const [editing, setEditing] = useState<AlertRule | 'new' | null>(null);
  const [removing, setRemoving] = useState<AlertRule | null>(null);
  return (
    <div class="stack">
      <section class="card" aria-label="Rules">
        <header>
          <h2>Rules</h2>
          <span class="sub">an alert opens when one holds, and closes when it no longer does</span>
          {mayChange(role) && (
            <span class="end">
              <button type="button" onClick={() => setEditing('new')}>
                <Icon name="plus" />
                Add rule
              </button>
            </span>
          )}
        </header>
        <Loaded from={rules} height={260}>
          {(list) => (
            <table class="secrets rules">
              <caption class="sr">Alert rules</caption>
              <thead>
                <tr>
                  <th scope="col">Rule</th>
                  <th scope="col">When</th>
                  <th scope="col">Severity</th>
                  <th scope="col">State</th>
                  <th scope="col">
                    <span class="sr">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.map((rule) => (
                  <RuleRow
                    key={rule.id}
                    rule={rule}
                    catalog={catalog}
                    onChanged={rules.reload}
                    onEdit={setEditing}
                    onRemove={setRemoving}
                  />
                ))}
              </tbody>
            </table>
          )}
        </Loaded>
      </section>
      <NotifierList from={notifiers} />
      {editing !== null && (
        <RuleDialog
          rule={editing === 'new' ? null : editing}
          notifiers={notifiers.data ?? []}
          onClose={() => setEditing(null)}
          onSaved={rules.reload}
        />
      )}
      {removing !== null && (
        <ConfirmDialog
          title="Remove the rule"
          text="Alerts that it opened are closed."
          name={removing.name}
          verb="Remove the rule"
          act={async () => {
            await send('DELETE', `/groups/${groupId}/alert-rules/${encodeURIComponent(removing.id)}`);
            rules.reload();
          }}
          onClose={() => setRemoving(null)}
        />
      )}
    </div>
  );
}

interface RuleRowProps {
  readonly rule: AlertRule;
  readonly catalog: readonly MetricInfo[];
  readonly onChanged: () => void;
  readonly onEdit: (rule: AlertRule) => void;
  readonly onRemove: (rule: AlertRule) => void;
}

function RuleRow({ rule, catalog, onChanged, onEdit, onRemove }: RuleRowProps) {
  const { groupId, role } = useGroup();
  const toggle = useAction(async () => {
    await send('PATCH', `/groups/${groupId}/alert-rules/${encodeURIComponent(rule.id)}`, { enabled: !rule.enabled });
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
        {mayChange(role) && (
          <>
            <button
              type="button"
              class="quiet"
              disabled={toggle.busy}
              aria-label={`Turn ${rule.enabled ? 'off' : 'on'} ${rule.name}`}
              onClick={() => toggle.run()}
            >
              Turn {rule.enabled ? 'off' : 'on'}
            </button>
            <button type="button" class="quiet" aria-label={`Edit ${rule.name}`} onClick={() => onEdit(rule)}>
              Edit
            </button>
            {!rule.builtIn && (
              <button type="button" class="quiet" aria-label={`Remove ${rule.name}`} onClick={() => onRemove(rule)}>
                Remove
              </button>
            )}
          </>
        )}
      </td>
    </tr>
  );
}
