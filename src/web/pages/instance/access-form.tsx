import type { AccessSettings } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { Check, Field } from '../../components/field.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { useResource } from '../../resource.ts';
import { SettingsForm } from '../settings/settings-form.tsx';

/** What is asked of everybody who signs in. */
export function AccessForm() {
  const settings = useResource<AccessSettings>('/instance/access');
  const save = async (values: Record<string, string>) => {
    await send('PATCH', '/instance/access', {
      secondFactorRequired: values['secondFactorRequired'] !== undefined,
      sessionIdleHours: Number(values['sessionIdleHours']),
      sessionDays: Number(values['sessionDays']),
    });
    settings.reload();
  };
  return (
    <Loaded from={settings} height={300}>
      {(data) => (
        <SettingsForm title="Everybody" note="whatever the way in" disabled={false} save={save}>
          <Check
            name="secondFactorRequired"
            label="Second factor for all"
            checked={data.secondFactorRequired}
            help="Who has none can do nothing but set one up. A sign-in by OIDC counts as one: the provider asks for it."
          />
          <div class="pair">
            <Field
              label="Unused sessions end after, hours"
              name="sessionIdleHours"
              type="number"
              min={0.25}
              max={2160}
              step="any"
              value={String(data.sessionIdleHours)}
              required
            />
            <Field
              label="All sessions end after, days"
              name="sessionDays"
              type="number"
              min={0.25}
              max={90}
              step="any"
              value={String(data.sessionDays)}
              required
            />
          </div>
        </SettingsForm>
      )}
    </Loaded>
  );
}
