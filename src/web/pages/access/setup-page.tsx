import type { SessionAnswer, SetupState } from '../../../wire/api/access.ts';
import { send } from '../../api.ts';
import { Command } from '../../components/command.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { ago } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { Gate } from './gate.tsx';

interface SetupProps {
  readonly token: string;
  readonly onSignedIn: (answer: SessionAnswer) => void;
}

/** First run: the owner's account, the first group, and the address by which others reach this server. */
export function SetupPage({ token, onSignedIn }: SetupProps) {
  const state = useResource<SetupState>(`/setup?token=${encodeURIComponent(token)}`);
  return (
    <Gate title="Set up Leafward">
      <Loaded from={state} height={420}>
        {({ valid, expiresAtMs }) =>
          valid ? (
            <>
              <SetupForm token={token} onSignedIn={onSignedIn} />
              {expiresAtMs !== undefined && <p class="help">This link ends {ago(expiresAtMs)}.</p>}
            </>
          ) : (
            <LinkOver />
          )
        }
      </Loaded>
    </Gate>
  );
}

function SetupForm({ token, onSignedIn }: SetupProps) {
  const setUp = async ({ email = '', password = '', groupName = '', publicUrl = '' }: Record<string, string>) =>
    onSignedIn(await send<SessionAnswer>('POST', '/setup', { token, email, password, groupName, publicUrl }));
  return (
    <Form class="form" save={setUp}>
      {({ busy, error }) => (
        <>
          <Field
            label="Your e-mail address"
            name="email"
            type="email"
            autocomplete="username"
            required
            autofocus
            help="The owner's account. You sign in with it."
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autocomplete="new-password"
            required
            minLength={10}
            help="At least 10 characters."
          />
          <Field
            label="Name of the first group"
            name="groupName"
            value="Production"
            required
            help="A group owns hosts, agents and their keys. You can add more."
          />
          <Field
            label="Address of this server"
            name="publicUrl"
            type="url"
            value={location.origin}
            required
            autocomplete="url"
            help={
              isLoopback(location.hostname)
                ? 'This address works on this machine only. Agents on other machines need a name that they can reach.'
                : 'Agents and links use this address. It is the one you have open now.'
            }
          />
          {error !== null && <ErrorBox error={error} />}
          <button type="submit" class="primary" disabled={busy}>
            {busy ? 'Setting up' : 'Set up and sign in'}
          </button>
        </>
      )}
    </Form>
  );
}

function LinkOver() {
  return (
    <>
      <p>This set-up link was used already, or has expired. Make a new one on the server's machine:</p>
      <Command text="leafward admin setup-link --data-dir DIR" />
      <p>
        Already set up? <a href="/sign-in">Sign in</a>.
      </p>
    </>
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]';
}
