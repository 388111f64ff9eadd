import type { NewAlertRule } from '../../../../wire/api/alerts.ts';
import type { Notifier } from '../../../../wire/api/notifiers.ts';
import { Shape } from '../../../components/status.tsx';
import { duration } from '../../../format.ts';

interface StepLineProps {
  readonly draft: Pick<NewAlertRule, 'forMs' | 'steps' | 'repeatMs' | 'severity' | 'closeAfterMs'>;
  readonly notifiers: readonly Notifier[];
}

/** A picture of who is told when: from the moment that the condition holds to the end. */
export function StepLine({ draft, notifiers }: StepLineProps) {
  const { forMs, repeatMs, severity, closeAfterMs } = draft;
  const steps = draft.steps.toSorted((a, b) => a.afterMs - b.afterMs);
  const names = (ids: readonly string[]) => {
    const told = notifiers.filter(({ id, enabled }) => enabled && (ids.length === 0 || ids.includes(id)));
    if (told.length === 0) return 'nobody';
    return told.length > 3 ? `${told.length} notifiers` : told.map(({ name }) => name).join(', ');
  };
  return (
    <ol class="step-line" aria-label="Who is told when">
      <li>
        <Shape health="unknown" />
        <b>0 s</b>
        <span>the condition holds</span>
      </li>
      <li>
        <Shape health={severity} />
        <b>{forMs === 0 ? 'at once' : duration(forMs)}</b>
        <span>the alert opens</span>
      </li>
      {steps.map(({ afterMs, notifierIds }, at) => (
        <li key={at}>
          <Shape health="busy" />
          <b>{afterMs === 0 ? 'then at once' : `${duration(afterMs)} later`}</b>
          <span>{names(notifierIds)}</span>
        </li>
      ))}
      {repeatMs !== null && steps.length > 0 && (
        <li>
          <Shape health="busy" />
          <b>again after {duration(repeatMs)}</b>
          <span>all of them, until somebody acknowledges it</span>
        </li>
      )}
      <li>
        <Shape health="ok" />
        <b>gone for {duration(closeAfterMs)}</b>
        <span>it closes{steps.length > 0 && '; those who were told hear it'}</span>
      </li>
    </ol>
  );
}
