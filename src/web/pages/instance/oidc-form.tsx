import type { ChangeSignInSettings, SignInSettings } from '../../../wire/api/sign-in.ts';
import { Command } from '../../components/command.tsx';
import { Check, Field, TextArea } from '../../components/field.tsx';
import { SettingsForm } from '../settings/settings-form.tsx';
import { TestButton } from './test-button.tsx';

interface OidcFormProps {
  readonly settings: SignInSettings;
  readonly change: (wanted: ChangeSignInSettings) => Promise<void>;
}

/** Sign-in by a provider that speaks OpenID Connect: Keycloak, Entra ID, Okta, Google and others. */
export function OidcForm({ settings: { oidc, redirectUri }, change }: OidcFormProps) {
  return (
    <SettingsForm
      title="OIDC"
      note="Keycloak, Entra ID, Okta, Google and others"
      disabled={false}
      save={(values) => change({ oidc: oidcOf(values) })}
    >
      <Check name="enabled" label="Sign-in by this provider" checked={oidc.enabled} />
      <Field label="Words on the button" name="label" value={oidc.label} required />
      <Field
        label="Issuer"
        name="issuer"
        type="url"
        value={oidc.issuer}
        placeholder="https://login.example.net/realms/main"
        help="The address before /.well-known/openid-configuration."
      />
      <div class="field">
        <span>Redirect address, to enter at the provider</span>
        <Command text={redirectUri} label="Copy the redirect address" />
      </div>
      <div class="pair">
        <Field label="Client id" name="clientId" value={oidc.clientId} />
        <Field
          label="Client secret"
          name="clientSecret"
          type="password"
          help={oidc.clientSecretSet ? 'One is set. Empty: it stays.' : 'None is set.'}
        />
      </div>
      <Check
        name="createAccounts"
        label="Make an account at the first sign-in"
        checked={oidc.createAccounts}
        help="Off: only for people who were invited."
      />
      <Check
        name="linkByEmail"
        label="Take over an account with the same e-mail address"
        checked={oidc.linkByEmail}
        help="Only where nobody can choose an address at the provider that is not theirs."
      />
      <Check
        name="verifiedEmailOnly"
        label="Verified e-mail addresses only"
        checked={oidc.verifiedEmailOnly}
        help="By the claim email_verified."
      />
      <details>
        <summary>Claims and certificate</summary>
        <div class="form">
          <Field label="Scopes" name="scopes" value={oidc.scopes} required />
          <div class="pair">
            <Field label="Claim of the e-mail address" name="emailClaim" value={oidc.emailClaim} required />
            <Field label="Claim of the name" name="nameClaim" value={oidc.nameClaim} required />
          </div>
          <Field
            label="Claim of the roles"
            name="rolesClaim"
            value={oidc.rolesClaim}
            required
            help="A text or a list of texts; dots walk into objects: realm_access.roles. The mapping below says what they mean."
          />
          <TextArea
            label="CA certificate, PEM"
            name="caCertificate"
            rows={4}
            value={oidc.caCertificate ?? ''}
            help="Empty: the authorities that the system knows."
          />
        </div>
      </details>
      <TestButton provider="oidc" enabled={oidc.issuer !== ''} />
    </SettingsForm>
  );
}

function oidcOf(values: Record<string, string>): NonNullable<ChangeSignInSettings['oidc']> {
  const text = (name: string) => (values[name] ?? '').trim();
  const secret = values['clientSecret'] ?? '';
  return {
    enabled: values['enabled'] !== undefined,
    label: text('label'),
    issuer: text('issuer'),
    clientId: text('clientId'),
    scopes: text('scopes'),
    emailClaim: text('emailClaim'),
    nameClaim: text('nameClaim'),
    rolesClaim: text('rolesClaim'),
    verifiedEmailOnly: values['verifiedEmailOnly'] !== undefined,
    createAccounts: values['createAccounts'] !== undefined,
    linkByEmail: values['linkByEmail'] !== undefined,
    caCertificate: text('caCertificate') === '' ? null : text('caCertificate'),
    ...(secret === '' ? {} : { clientSecret: secret }),
  };
}
