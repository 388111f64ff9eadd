import { useState } from 'preact/hooks';
import type { NewNotifierAnswer, Notifier } from '../../../wire/api/alerts.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field, formValues } from '../../components/field.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Pill } from '../../components/status.tsx';
import { ago } from '../../format.ts';
import type { Resource } from '../../resource.ts';
import { mayChange, useGroup } from '../../session.ts';
import { SecretOnce } from './secret-once.tsx';

/** Webhooks that are told of alerts. */
export function NotifierList({ from }: { readonly from: Resource<Notifier[]> }) {
  const { groupId, role } = useGroup();
  const [secret, setSecret] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Notifier | null>(null);
  const add = useAction(async (form: HTMLFormElement) => {
    const { name, url } = formValues(form);
    const made = await send<NewNotifierAnswer>('POST', `/groups/${groupId}/notifiers`, {
      name,
      url,
      kind: 'webhook',
      enabled: true,
    });
    form.reset();
    setSecret(made.secret);
    from.reload();
  });
  return (
    <section class="card" aria-label="Notifiers">
      <header>
        <h2>Notifiers</h2>
        <span class="sub">webhooks with a signed body</span>
      </header>
      <Loaded from={from} height={80}>
        {(list) =>
          list.length === 0 ? (
            <p class="empty">
              Nobody is told yet: alerts stand on the Alerts page only. Add the address of your on-call system.
            </p>
          ) : (
            <table class="secrets">
              <caption class="sr">Notifiers</caption>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Address</th>
                  <th scope="col">Last attempt</th>
                  <th scope="col">
                    <span class="sr">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.map((notifier) => (
                  <NotifierRow key={notifier.id} notifier={notifier} onChanged={from.reload} onRemove={setRemoving} />
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
      {mayChange(role) && (
        <form
          class="inline-form"
          aria-label="Add a notifier"
          onSubmit={(event) => {
            event.preventDefault();
            add.run(event.currentTarget);
          }}
        >
          <Field label="Name" name="name" placeholder="on-call" required />
          <Field
            label="Webhook address"
            name="url"
            type="url"
            placeholder="https://alerts.example.net/leafward"
            required
          />
          <button type="submit" disabled={add.busy}>
            Add
          </button>
          {add.error !== null && <ErrorBox error={add.error} />}
        </form>
      )}
      {secret !== null && (
        <SecretOnce
          title="Signing secret"
          secret={secret}
          note="Every body is signed with it: HMAC-SHA-256 in the header leafward-signature."
          onClose={() => setSecret(null)}
        />
      )}
      {removing !== null && (
        <ConfirmDialog
          title="Remove the notifier"
          text="It is told of nothing any more. Its signing secret is gone with it."
          name={removing.name}
          verb="Remove the notifier"
          act={async () => {
            await send('DELETE', `/groups/${groupId}/notifiers/${encodeURIComponent(removing.id)}`);
            from.reload();
          }}
          onClose={() => setRemoving(null)}
        />
      )}
    </section>
  );
}

interface NotifierRowProps {
  readonly notifier: Notifier;
  readonly onChanged: () => void;
  readonly onRemove: (notifier: Notifier) => void;
}

function NotifierRow({ notifier, onChanged, onRemove }: NotifierRowProps) {
  const { groupId, role } = useGroup();
  const test = useAction(async () => {
    await send('POST', `/groups/${groupId}/notifiers/${encodeURIComponent(notifier.id)}/test`);
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
        {mayChange(role) && (
          <>
            <button
              type="button"
              class="quiet"
              disabled={test.busy}
              aria-label={`Test ${notifier.name}`}
              onClick={() => test.run()}
            >
              {test.busy ? 'Sending' : 'Test'}
            </button>
            <button
              type="button"
              class="quiet"
              aria-label={`Remove ${notifier.name}`}
              onClick={() => onRemove(notifier)}
            >
              Remove
            </button>
          </>
        )}
      </td>
    </tr>
  );
}
