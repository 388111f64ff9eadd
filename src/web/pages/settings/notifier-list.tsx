import type { NewNotifierAnswer, Notifier } from '../../../wire/api/alerts.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field } from '../../components/field.tsx';
import { ListCard } from '../../components/list-card.tsx';
import { RowButton } from '../../components/row-button.tsx';
import { Pill } from '../../components/status.tsx';
import { ago } from '../../format.ts';
import type { Resource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { MakeSecret } from './make-secret.tsx';

const columns = ['Name', 'Address', 'Last attempt'];

/** Webhooks that are told of alerts. */
export function NotifierList({ from }: { readonly from: Resource<Notifier[]> }) {
  const { groupId, may } = useGroup();
  const path = `/groups/${groupId}/notifiers`;
  return (
    <ListCard
      title="Notifiers"
      note="webhooks with a signed body"
      from={from}
      height={80}
      empty="Nobody is told yet: alerts stand on the Alerts page only. Add the address of your on-call system."
      columns={columns}
      removal={{
        title: 'Remove the notifier',
        text: 'It is told of nothing any more. Its signing secret is gone with it.',
        verb: 'Remove the notifier',
        name: ({ name }) => name,
        act: ({ id }) => send('DELETE', `${path}/${encodeURIComponent(id)}`),
      }}
      below={
        may('monitoring.write') && (
          <MakeSecret
            label="Add a notifier"
            verb="Add"
            make={async ({ name, url }) =>
              (await send<NewNotifierAnswer>('POST', path, { name, url, kind: 'webhook', enabled: true })).secret
            }
            onMade={from.reload}
            title="Signing secret"
            note="Every body is signed with it: HMAC-SHA-256 in the header leafward-signature."
          >
            <Field label="Name" name="name" placeholder="on-call" required />
            <Field
              label="Webhook address"
              name="url"
              type="url"
              placeholder="https://alerts.example.net/leafward"
              required
            />
          </MakeSecret>
        )
      }
    >
      {(notifier, askRemoval) => (
        <NotifierRow
          notifier={notifier}
          path={`${path}/${encodeURIComponent(notifier.id)}`}
          onChanged={from.reload}
          onRemove={askRemoval}
        />
      )}
    </ListCard>
  );
}

interface NotifierRowProps {
  readonly notifier: Notifier;
  readonly path: string;
  readonly onChanged: () => void;
  readonly onRemove: () => void;
}

function NotifierRow({ notifier, path, onChanged, onRemove }: NotifierRowProps) {
  const { may } = useGroup();
  const test = useAction(async () => {
    await send('POST', `${path}/test`);
    onChanged();
  });
  const { lastAttempt } = notifier;
  return (
    <tr>
      <td class="host">
        <b>{notifier.name}</b>
      </td>
      <td data-label="Address" class="wrap">
        {notifier.url}
        {test.error !== null && <ErrorBox error={test.error} />}
      </td>
      <td data-label="Last attempt" class="wrap">
        {lastAttempt === null ? (
          'none yet'
        ) : (
          <Pill
            health={lastAttempt.ok ? 'ok' : 'bad'}
            word={`${lastAttempt.ok ? 'Delivered' : lastAttempt.detail} ${ago(lastAttempt.atMs)}`}
            title={lastAttempt.detail}
          />
        )}
      </td>
      <td class="acts">
        {may('monitoring.write') && (
          <>
            <RowButton word="Test" of={notifier.name} busy={test.busy} onClick={test.run}>
              {test.busy ? 'Sending' : 'Test'}
            </RowButton>
            <RowButton word="Remove" of={notifier.name} onClick={onRemove} />
          </>
        )}
      </td>
    </tr>
  );
}
