import { useState } from 'preact/hooks';
import type { DeadLetter } from '../../../../wire/api/notifiers.ts';
import { send } from '../../../api.ts';
import { useAction } from '../../../components/action.ts';
import { ColumnHeads } from '../../../components/column-heads.tsx';
import { ErrorBox } from '../../../components/error-box.tsx';
import { narrow } from '../../../components/narrow.ts';
import { RowButton } from '../../../components/row-button.tsx';
import { VirtualRows } from '../../../components/virtual-rows.tsx';
import { counted, fullTime, shortTime } from '../../../format.ts';
import { useResource } from '../../../resource.ts';
import { groupPath } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { useZone } from '../../../zone.ts';

/** What was given up: each can be sent again or thrown away. Nothing stands here while all was delivered. */
export function DeadLetters() {
  const { groupId } = useGroup();
  const letters = useResource<DeadLetter[]>(`/groups/${groupId}/dead-letters`, ['alerts']);
  if (letters.data === undefined || letters.data.length === 0)
    return letters.error === null ? null : <ErrorBox error={letters.error} />;
  return (
    <section class="card" aria-label="Undelivered">
      <header>
        <h2>Undelivered</h2>
        <span class="sub">{counted(letters.data.length, 'message')} that nobody took, given up after many tries</span>
      </header>
      <table class="letters fixed">
        <caption class="sr">Messages that were given up, newest first</caption>
        <ColumnHeads columns={['Given up', 'For', 'What', 'Why']} />
        <VirtualRows rows={letters.data} rowHeight={narrow.matches ? 136 : 44} columns={5}>
          {(letter, at) => <LetterRow key={letter.id} letter={letter} at={at} onChanged={letters.reload} />}
        </VirtualRows>
      </table>
    </section>
  );
}

interface LetterRowProps {
  readonly letter: DeadLetter;
  readonly at: number;
  readonly onChanged: () => void;
}

function LetterRow({ letter, at, onChanged }: LetterRowProps) {
  const { groupId, may } = useGroup();
  const zone = useZone();
  const [asked, setAsked] = useState(false);
  const path = `/groups/${groupId}/dead-letters/${encodeURIComponent(letter.id)}`;
  const act = useAction(async (again: boolean) => {
    await (again ? send('POST', `${path}/retry`) : send('DELETE', path));
    onChanged();
  });
  const { title, detail, alertId, notifierName, givenUpAtMs, attempts } = letter;
  return (
    <tr aria-rowindex={at + 2}>
      <td class="when" title={fullTime(givenUpAtMs, zone)}>
        {shortTime(givenUpAtMs, zone)}
      </td>
      <td data-label="For" title={notifierName}>
        {notifierName}
      </td>
      <td data-label="What" title={title}>
        {alertId === null ? title : <a href={groupPath(groupId, 'alerts', alertId)}>{title}</a>}
      </td>
      <td data-label="Why" title={`${counted(attempts, 'try', 'tries')}; the last: ${detail}`}>
        {act.error === null ? detail : <span role="alert">{act.error.message}</span>}
      </td>
      <td class="acts">
        {may('monitoring.write') && (
          <>
            <RowButton word="Send again" of={title} busy={act.busy} onClick={() => act.run(true)} />
            <RowButton
              word={asked ? 'Throw it away' : 'Remove'}
              of={title}
              busy={act.busy}
              onClick={() => (asked ? act.run(false) : setAsked(true))}
            />
          </>
        )}
      </td>
    </tr>
  );
}
