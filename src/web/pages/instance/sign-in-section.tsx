import type { ChangeSignInSettings, SignInSettings } from '../../../wire/api/sign-in.ts';
import { send } from '../../api.ts';
import { Check } from '../../components/field.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { useResource } from '../../resource.ts';
import { SettingsForm } from '../settings/settings-form.tsx';
import { AccessForm } from './access-form.tsx';
import { LdapForm } from './ldap-form.tsx';
import { MappingCard } from './mapping-card.tsx';
import { OidcForm } from './oidc-form.tsx';

/** How people get in: what is asked of everybody, passwords, a provider, a directory, and who gets which roles by them. */
export function SignInSection() {
  const settings = useResource<SignInSettings>('/instance/sign-in');
  const change = async (wanted: ChangeSignInSettings) => {
    await send('PATCH', '/instance/sign-in', wanted);
    settings.reload();
  };
  return (
    <>
      <div class="grid2">
        <AccessForm />
        <Loaded from={settings} height={220}>
          {(data) => (
            <SettingsForm
              title="Passwords"
              note="kept by this server"
              disabled={false}
              save={(values) => change({ passwords: values['passwords'] !== undefined })}
            >
              <Check
                name="passwords"
                label="People may sign in by a password of this server"
                checked={data.passwords}
                help="Off: only by the provider or the directory below. Should those fail, an administrator gets in by a link: leafward admin user sign-in-link, on the server’s machine."
              />
            </SettingsForm>
          )}
        </Loaded>
      </div>
      <Loaded from={settings} height={600}>
        {(data) => (
          <>
            <div class="grid2">
              <OidcForm settings={data} change={change} />
              <LdapForm settings={data} change={change} />
            </div>
            <MappingCard mapping={data.mapping} change={change} />
          </>
        )}
      </Loaded>
    </>
  );
}
