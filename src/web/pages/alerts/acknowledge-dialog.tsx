import { useState } from 'preact/hooks';
import type { Alert } from '../../../wire/api/alerts.ts';
import { send } from '../../api.ts';
import { DialogForm } from '../../components/dialog-form.tsx';
import { counted } from '../../format.ts';
import { useGroup } from '../../session.ts';
import { useZone } from '../../zone.ts';
import { untilChoices } from './acknowledge-until.ts';

interface AcknowledgeProps {
  readonly alerts: readonly Alert[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** As many as the server takes at once. */
const atOnce = 500;

/** "I have it in hand": for one alert or many, until when, and what the others should know. */
export function AcknowledgeDialog({ alerts, onClose, onDone }: AcknowledgeProps) {
  const { groupId } = useGroup();
  const zone = useZone();
  const [choices] = useState(() => untilChoices(Date.now(), zone));
  const [chosen, setChosen] = useState(choices[0]?.id);
  const [note, setNote] = useState('');
  const save = async () => {
    const untilMs = choices.find(({ id }) => id === chosen)?.untilMs ?? null;
    const body = { ...(untilMs === null ? {} : { untilMs }), ...(note.trim() === '' ? {} : { note: note.trim() }) };
    const [first] = alerts;
    if (alerts.length === 1 && first !== undefined) {
      await send('POST', `/groups/${groupId}/alerts/${encodeURIComponent(first.id)}/acknowledge`, body);
    } else {
      for (let at = 0; at < alerts.length; at += atOnce) {
        const ids = alerts.slice(at, at + atOnce).map(({ id }) => id);
        await send('POST', `/groups/${groupId}/alerts/acknowledge`, { ids, ...body });
      }
    }
    onDone();
    onClose();
  };
  const [first] = alerts;
  const title = alerts.length === 1 ? 'Acknowledge' : `Acknowledge ${counted(alerts.length, 'alert')}`;
  return (
    <DialogForm title={title} verb="Acknowledge" busyVerb="Saving" save={save} onClose={onClose}>
      {alerts.length === 1 && first !== undefined && <p>{first.title}</p>}
      <fieldset class="pick-one">
        <legend>You have it in hand; nobody else is told</legend>
        {choices.map(({ id, words, note: moment }) => (
          <label key={id} class="check">
            <input
              type="radio"
              name="until"
              value={id}
              checked={id === chosen}
              autofocus={id === choices[0]?.id}
              onChange={() => setChosen(id)}
            />
            <span>
              {words} <span class="sub">{moment}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span>Note for the others (may be left empty)</span>
        <textarea
          name="note"
          rows={2}
          maxLength={2000}
          placeholder="resync runs, done by noon"
          value={note}
          onInput={({ currentTarget }) => setNote(currentTarget.value)}
        />
      </label>
    </DialogForm>
  );
}
