import type { AlertStep, NewAlertRule } from '../../../../wire/api/alerts.ts';
import type { Notifier } from '../../../../wire/api/notifiers.ts';
import { ChipPicker } from '../../../components/chip-picker.tsx';
import { Icon } from '../../../components/icon.tsx';
import { groupPath } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { notifierKinds } from '../notifiers/notifier-kinds.ts';
import { InlineDuration } from './inline-fields.tsx';
import { StepLine } from './step-line.tsx';

interface StepFieldsProps {
  readonly draft: NewAlertRule;
  readonly notifiers: readonly Notifier[];
  readonly onChange: (draft: NewAlertRule) => void;
}

const day = 86_400_000;
const mostSteps = 10;

/** Who is told, at once and later while nobody takes it in hand; and again and again. */
export function StepFields({ draft, notifiers, onChange }: StepFieldsProps) {
  const { groupId } = useGroup();
  const { steps, repeatMs } = draft;
  const set = (next: readonly AlertStep[]) => onChange({ ...draft, steps: [...next] });
  const options = notifiers.map(({ id, name, kind }) => [id, `${name} (${notifierKinds[kind].word})`] as const);
  return (
    <fieldset class="tell-steps">
      <legend>Who is told, and when</legend>
      {notifiers.length === 0 && (
        <p class="sub">
          This group has no notifier yet: alerts stand on the page only.{' '}
          <a href={groupPath(groupId, 'settings', 'notifiers')}>Add one</a> and it is told by every rule that names
          nobody.
        </p>
      )}
      <ol class="step-list">
        {steps.map((step, at) => (
          <li key={at}>
            {/* The list has no ids of its own; a step is its place. */}
            <div class="sentence">
              <span>{at === 0 ? 'After' : 'Not acknowledged for'}</span>
              <InlineDuration
                label={`Step ${at + 1}: after`}
                ms={step.afterMs}
                max={7 * day}
                onChange={(afterMs) => set(steps.with(at, { ...step, afterMs }))}
              />
              <span>tell</span>
              <button
                type="button"
                class="quiet icon end"
                aria-label={`Remove step ${at + 1}`}
                onClick={() => set(steps.toSpliced(at, 1))}
              >
                <Icon name="close" />
              </button>
            </div>
            <ChipPicker
              label={`Step ${at + 1}: notifiers`}
              placeholder="all notifiers of the group"
              chosen={step.notifierIds}
              options={options}
              onChange={(chosen) => set(steps.with(at, { ...step, notifierIds: [...chosen] }))}
            />
          </li>
        ))}
      </ol>
      <div class="buttons">
        <button
          type="button"
          disabled={steps.length >= mostSteps}
          onClick={() => set([...steps, { afterMs: nextAfter(steps), notifierIds: [] }])}
        >
          <Icon name="plus" />
          {steps.length === 0 ? 'Tell somebody' : 'Add a step'}
        </button>
        {steps.length === 0 && <span class="sub">Nobody is told: alerts stand on the page only.</span>}
      </div>
      {steps.length > 0 && (
        <div class="sentence">
          <label class="check">
            <input
              type="checkbox"
              checked={repeatMs !== null}
              onChange={({ currentTarget }) =>
                onChange({ ...draft, repeatMs: currentTarget.checked ? 3_600_000 : null })
              }
            />
            <span>Tell again while nobody acknowledges it{repeatMs !== null && ', first after'}</span>
          </label>
          {repeatMs !== null && (
            <>
              <InlineDuration
                label="Tell again after"
                ms={repeatMs}
                min={60_000}
                max={day}
                onChange={(ms) => onChange({ ...draft, repeatMs: ms })}
              />
              <span>then less and less often, once a day at least</span>
            </>
          )}
        </div>
      )}
      <StepLine draft={draft} notifiers={notifiers} />
    </fieldset>
  );
}

/** A quarter of an hour after the last step. */
function nextAfter(steps: readonly AlertStep[]): number {
  const last = Math.max(0, ...steps.map(({ afterMs }) => afterMs));
  return steps.length === 0 ? 0 : Math.min(7 * day, last + 900_000);
}
