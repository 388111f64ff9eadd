import { useState } from 'preact/hooks';
import type { AlertRule, Notifier } from '../../../wire/api/alerts.ts';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import { send } from '../../api.ts';
import { DialogForm } from '../../components/dialog-form.tsx';
import { Check, Field, Select } from '../../components/field.tsx';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { type ConditionKind, conditionKinds, conditionOf } from './rule-words.ts';

interface RuleDialogProps {
  /** Null: a new one. */
  readonly rule: AlertRule | null;
  readonly notifiers: readonly Notifier[];
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export function RuleDialog({ rule, notifiers, onClose, onSaved }: RuleDialogProps) {
  const { groupId } = useGroup();
  const [kind, setKind] = useState<ConditionKind>(rule?.condition.kind ?? 'metric');
  const save = async (values: Record<string, string>) => {
    const body = {
      name: values['name'],
      condition: conditionOf(kind, values),
      forMs: Math.round(Number(values['forSeconds'] ?? 0) * 1000),
      severity: values['severity'],
      enabled: rule?.enabled ?? true,
      notifierIds: notifiers.filter(({ id }) => values[`tell-${id}`] !== undefined).map(({ id }) => id),
    };
    const path = `/groups/${groupId}/alert-rules`;
    await (rule === null ? send('POST', path, body) : send('PATCH', `${path}/${encodeURIComponent(rule.id)}`, body));
    onSaved();
    onClose();
  };
  return (
    <DialogForm title={rule === null ? 'Add rule' : `Edit ${rule.name}`} verb="Save" save={save} onClose={onClose}>
      <Field label="Name" name="name" value={rule?.name ?? ''} required autofocus />
      {rule?.builtIn !== true && (
        <Select
          label="When"
          name="kind"
          value={kind}
          options={conditionKinds}
          onChange={(value) => setKind(conditionKinds.find(([name]) => name === value)?.[0] ?? 'metric')}
        />
      )}
      <ConditionFields kind={kind} rule={rule} />
      <div class="pair">
        <Field
          label="Must hold for, seconds"
          name="forSeconds"
          type="number"
          min={0}
          max={604_800}
          value={String((rule?.forMs ?? 60_000) / 1000)}
          required
        />
        <Select
          label="Severity"
          name="severity"
          value={rule?.severity ?? 'warn'}
          options={[
            ['warn', 'Warning'],
            ['bad', 'Severe'],
          ]}
        />
      </div>
      {notifiers.length > 0 && (
        <fieldset class="form">
          <legend>Tell (none chosen: all)</legend>
          {notifiers.map(({ id, name }) => (
            <Check key={id} name={`tell-${id}`} label={name} checked={rule?.notifierIds.includes(id) ?? false} />
          ))}
        </fieldset>
      )}
    </DialogForm>
  );
}

/** The one number of a condition: its field, what it is called, and the usual value. */
const bounds = {
  lagAbove: ['seconds', 'More than, seconds', 60],
  oplogWindowBelow: ['hours', 'Less than, hours', 24],
  backupBehind: ['seconds', 'More than, seconds', 300],
  backupPlaceAtRisk: ['hours', 'Less than, hours', 4],
  backupSnapshotLate: ['hours', 'More than, hours', 1],
  backupDrillFailed: ['hours', 'Overdue by more than, hours', 24],
  backupStoreFull: ['freePercent', 'Less than, percent free', 10],
} as const;

function ConditionFields({ kind, rule }: { readonly kind: ConditionKind; readonly rule: AlertRule | null }) {
  const condition = rule?.condition.kind === kind ? rule.condition : null;
  if (kind in bounds) {
    const [name, label, usual] = bounds[kind as keyof typeof bounds];
    const set = condition === null ? usual : Object.entries(condition).find(([field]) => field === name)?.[1];
    return <Field label={label} name={name} type="number" min={0} step="any" value={String(set ?? usual)} required />;
  }
  if (kind !== 'metric') return null;
  return <MetricFields old={condition?.kind === 'metric' ? condition : null} />;
}

type MetricCondition = Extract<AlertRule['condition'], { kind: 'metric' }>;

/** The metric says by itself what it is and in which unit its bounds are. */
function MetricFields({ old }: { readonly old: MetricCondition | null }) {
  const metrics = useResource<MetricInfo[]>('/catalog').data;
  const [metric, setMetric] = useState(old?.metric ?? '');
  const info = metrics?.find(({ name }) => name === metric.trim());
  const unit = info === undefined || info.unit === 'count' ? '' : `, ${info.unit}`;
  return (
    <>
      <div class="field">
        <label for="rule-metric">Metric</label>
        <input
          id="rule-metric"
          name="metric"
          list="rule-metrics"
          required
          defaultValue={old?.metric ?? ''}
          aria-describedby="rule-metric-help"
          onInput={(event) => setMetric(event.currentTarget.value)}
          autocomplete="off"
          spellcheck={false}
        />
        <datalist id="rule-metrics">
          {metrics?.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </datalist>
        <p class="help" id="rule-metric-help">
          {info === undefined
            ? 'A name of the catalog, or any raw name as the charts show it.'
            : `${info.title}: ${info.explanation}`}
        </p>
      </div>
      <div class="pair">
        <Field
          label={`Above${unit}`}
          name="above"
          type="number"
          step="any"
          value={old?.above === undefined ? '' : String(old.above)}
          help="One of the two is enough."
        />
        <Field
          label={`Below${unit}`}
          name="below"
          type="number"
          step="any"
          value={old?.below === undefined ? '' : String(old.below)}
        />
      </div>
    </>
  );
}
