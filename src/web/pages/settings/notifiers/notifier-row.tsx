import { useState } from 'preact/hooks';
import type { Notifier, SendReport, TestNotifierAnswer } from '../../../../wire/api/notifiers.ts';
import { send } from '../../../api.ts';
import { useAction } from '../../../components/action.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { RowButton } from '../../../components/row-button.tsx';
import { Pill, Shape } from '../../../components/status.tsx';
import { ago } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import { mannerOf, notifierKinds, placeOf } from './notifier-kinds.ts';

interface NotifierRowProps {
  readonly notifier: Notifier;
  readonly onChanged: () => void;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

/** One notifier; *Test* sends now and says below what came of it. */
export function NotifierRow({ notifier, onChanged, onEdit, onRemove }: NotifierRowProps) {
  const { groupId, may } = useGroup();
  const [report, setReport] = useState<SendReport | null>(null);
  const path = `/groups/${groupId}/notifiers/${encodeURIComponent(notifier.id)}`;
  const test = useAction(async () => {
    setReport(null);
    const answer = await send<TestNotifierAnswer>('POST', `${path}/test`);
    setReport(answer.report);
    onChanged();
  });
  const toggle = useAction(async () => {
    await send('PATCH', path, { enabled: !notifier.enabled });
    onChanged();
  });
  const manner = mannerOf(notifier);
  const error = test.error ?? toggle.error;
  return (
    <tr class={notifier.enabled ? undefined : 'gone'}>
      <td class="host">
        <b>{notifier.name}</b>
        <span class="under">{notifierKinds[notifier.kind].word}</span>
      </td>
      <td data-label="To" class="wrap">
        {placeOf(notifier)}
        {manner !== '' && <span class="under">{manner}</span>}
        {error !== null && <ErrorBox error={error} />}
        {report !== null && <Report report={report} />}
      </td>
      <td data-label="Last attempt" class="wrap">
        <LastAttempt notifier={notifier} />
      </td>
      <td class="acts">
        {may('monitoring.write') && (
          <>
            <RowButton word="Test" of={notifier.name} busy={test.busy} onClick={test.run}>
              {test.busy ? 'Sending' : 'Test'}
            </RowButton>
            <RowButton word="Edit" of={notifier.name} onClick={onEdit} />
            <RowButton
              word={notifier.enabled ? 'Turn off' : 'Turn on'}
              of={notifier.name}
              busy={toggle.busy}
              onClick={toggle.run}
            />
            <RowButton word="Remove" of={notifier.name} onClick={onRemove} />
          </>
        )}
      </td>
    </tr>
  );
}

function LastAttempt({ notifier: { enabled, lastAttempt } }: { readonly notifier: Notifier }) {
  if (!enabled) return <Pill health="off" word="Off: it is told of nothing" />;
  if (lastAttempt === null) return <>none yet: press Test</>;
  const { ok, atMs, detail } = lastAttempt;
  return (
    <Pill health={ok ? 'ok' : 'bad'} word={`${ok ? 'Delivered' : `Failed: ${detail}`}, ${ago(atMs)}`} title={detail} />
  );
}

/** How the test went; what the receiver answered only where the server gives it (to administrators). */
function Report({ report: { ok, detail, body } }: { readonly report: SendReport }) {
  return (
    <div class="report" role="status">
      <Shape health={ok ? 'ok' : 'bad'} />
      <p>
        <b>{ok ? 'The test message was taken.' : 'The test message was not taken.'}</b> {detail.replace(/\.$/, '')}.
        {!ok && <> Nothing else was sent; alerts that wait are tried again by themselves.</>}
      </p>
      {body !== null && body !== '' && (
        <details>
          <summary>What the receiver answered</summary>
          <pre tabIndex={0}>{body}</pre>
        </details>
      )}
    </div>
  );
}
