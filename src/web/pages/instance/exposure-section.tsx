import type { ExposureSettings } from '../../../wire/api/instance.ts';
import { send } from '../../api.ts';
import { Check } from '../../components/field.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Pill } from '../../components/status.tsx';
import { useResource } from '../../resource.ts';
import { SettingsForm } from '../settings/settings-form.tsx';

/** Whether the server may look at hosts from outside at all; each group then switches its own check on. */
export function ExposureSection() {
  const settings = useResource<ExposureSettings>('/instance/exposure');
  const save = async (values: Record<string, string>) => {
    await send('PATCH', '/instance/exposure', { enabled: values['enabled'] !== undefined });
    settings.reload();
  };
  return (
    <Loaded from={settings} height={340}>
      {(data) => (
        <SettingsForm title="Exposure check" note="is a database open to the internet?" disabled={false} save={save}>
          <p>
            {data.enabled ? <Pill health="ok" word="Allowed" boxed /> : <Pill health="off" word="Not allowed" boxed />}
          </p>
          <p>
            <b>This is the one outbound connection that the server makes to hosts.</b> All else about a host comes from
            its agents. The check sends nothing but <code>hello</code> and one <code>listDatabases</code> without a
            login, and never tries private addresses.
          </p>
          <ul class="bullets">
            <li>Only hosts that an agent of the group has polled, and only where their name has a public address.</li>
            <li>On days 1 and 15 of a month; a host that is found open every 5 minutes until it is closed.</li>
            <li>What is found opens an alert and stands on the page of the host, with where it was seen from.</li>
          </ul>
          <Check
            name="enabled"
            label="Groups may switch the check on"
            checked={data.enabled}
            help="Off: this server connects to no host. On: nothing happens before a group switches it on under Settings, Group."
          />
        </SettingsForm>
      )}
    </Loaded>
  );
}
