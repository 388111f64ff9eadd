import { useState } from 'preact/hooks';
import type { ChangeMailSettings, MailSettings } from '../../../wire/api/instance.ts';
import type { SendReport } from '../../../wire/api/notifiers.ts';
import { send } from '../../api.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field, Select, TextArea } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Pill } from '../../components/status.tsx';
import { useResource } from '../../resource.ts';
import { useSession } from '../../session.ts';
import { SettingsForm } from '../settings/settings-form.tsx';

const securities = [
  ['starttls', 'STARTTLS, usually port 587'],
  ['tls', 'TLS from the first byte, usually port 465'],
  ['none', 'none: in clear, the password too'],
] as const;

/** How mail leaves the server: alerts, invitations, forgotten passwords. */
export function MailSection() {
  const settings = useResource<MailSettings>('/instance/mail');
  return (
    <Loaded from={settings} height={460}>
      {(data) => (
        <div class="grid2">
          <MailForm settings={data} onSaved={settings.reload} />
          <TestCard ready={data.host !== null} />
        </div>
      )}
    </Loaded>
  );
}

interface MailFormProps {
  readonly settings: MailSettings;
  readonly onSaved: () => void;
}

function MailForm({ settings, onSaved }: MailFormProps) {
  const save = async (values: Record<string, string>) => {
    await send('PATCH', '/instance/mail', changeOf(values));
    onSaved();
  };
  return (
    <SettingsForm title="Mail server" note="for alerts, invitations and lost passwords" disabled={false} save={save}>
      <Field
        label="Server"
        name="host"
        value={settings.host ?? ''}
        placeholder="smtp.example.net"
        help="Empty: no mail is sent. Invitations and reset links are then handed over by hand."
      />
      <div class="pair">
        <Select label="Encryption" name="security" value={settings.security} options={securities} />
        <Field label="Port" name="port" type="number" min={1} max={65_535} value={String(settings.port)} required />
      </div>
      <Field
        label="From"
        name="from"
        value={settings.from ?? ''}
        placeholder="Leafward <leafward@example.net>"
        help="The address that mail comes from."
      />
      <div class="pair">
        <Field label="User" name="username" value={settings.username ?? ''} help="Empty: no login." />
        <Field
          label="Password"
          name="password"
          type="password"
          help={settings.passwordSet ? 'One is set. Empty: it stays, while server and user do.' : 'None is set.'}
        />
      </div>
      <details>
        <summary>Certificate of your own authority</summary>
        <TextArea
          label="CA certificate, PEM"
          name="caCertificate"
          rows={4}
          value={settings.caCertificate ?? ''}
          placeholder="-----BEGIN CERTIFICATE-----"
          help="Empty: the authorities that the system knows."
        />
      </details>
    </SettingsForm>
  );
}

/** What the form asks for; a password that was not typed is left as it is. */
function changeOf(values: Record<string, string>): ChangeMailSettings {
  const orNull = (name: string) => {
    const text = (values[name] ?? '').trim();
    return text === '' ? null : text;
  };
  const password = values['password'] ?? '';
  return {
    host: orNull('host'),
    port: Number(values['port']),
    security: securities.find(([name]) => name === values['security'])?.[0] ?? 'starttls',
    from: orNull('from'),
    username: orNull('username'),
    caCertificate: orNull('caCertificate'),
    ...(password === '' ? {} : { password }),
  };
}

/** Sends one message by what is saved, and says what became of it. */
function TestCard({ ready }: { readonly ready: boolean }) {
  const { session } = useSession();
  const [report, setReport] = useState<SendReport | null>(null);
  const test = async ({ to = '' }: Record<string, string>) => {
    setReport(null);
    setReport(await send<SendReport>('POST', '/instance/mail/test', { to: to.trim() }));
  };
  return (
    <Form class="card" label="Test" save={test}>
      {({ busy, error }) => (
        <>
          <header>
            <h2>Test</h2>
            <span class="sub">by what is saved</span>
          </header>
          <fieldset class="body form" disabled={!ready}>
            <Field label="To" name="to" type="email" value={session.user.email} required />
            <div class="buttons">
              <button type="submit" disabled={busy}>
                {busy ? 'Sending' : 'Send a test'}
              </button>
              {!ready && <span class="help">Save a mail server first.</span>}
            </div>
            <div role="status">
              {report !== null && (
                <div class="outcome">
                  <Pill health={report.ok ? 'ok' : 'bad'} word={report.ok ? 'Sent' : 'Not sent'} />
                  <p>{report.detail}</p>
                  {report.body !== null && report.body !== '' && <pre class="answer">{report.body}</pre>}
                </div>
              )}
            </div>
            {error !== null && <ErrorBox error={error} />}
          </fieldset>
        </>
      )}
    </Form>
  );
}
