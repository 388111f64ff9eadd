import type { OutboundSettings } from '../../../wire/api/instance.ts';
import { send } from '../../api.ts';
import { Check, TextArea } from '../../components/field.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { useResource } from '../../resource.ts';
import { SettingsForm } from '../settings/settings-form.tsx';

/** Where calls that people configure may go: webhooks, mail, sign-in. */
export function OutboundSection() {
  const settings = useResource<OutboundSettings>('/instance/outbound');
  const save = async (values: Record<string, string>) => {
    await send('PATCH', '/instance/outbound', {
      allowPrivate: values['allowPrivate'] !== undefined,
      allow: (values['allow'] ?? '').split(/[\s,]+/).filter(Boolean),
    });
    settings.reload();
  };
  return (
    <Loaded from={settings} height={360}>
      {(data) => (
        <SettingsForm title="Outbound calls" note="webhooks, mail, sign-in" disabled={false} save={save}>
          <p>
            Members of groups name addresses that this server calls. So that nobody reaches into your network through
            it, only public addresses are called: loopback, private, link-local and metadata addresses are refused, also
            behind a name or a redirect. Name here what inside your network may be called all the same.
          </p>
          <TextArea
            label="Also allowed"
            name="allow"
            rows={5}
            value={data.allow.join('\n')}
            placeholder={'10.1.0.0/16\nalerts.corp.example.net\n*.mail.example.net'}
            help="Networks, addresses and host names, one a line; *.example.net for all below it."
          />
          <Check
            name="allowPrivate"
            label="All private addresses"
            checked={data.allowPrivate}
            help="Whoever may write a notifier can then reach everything that this server reaches. Prefer the list."
          />
        </SettingsForm>
      )}
    </Loaded>
  );
}
