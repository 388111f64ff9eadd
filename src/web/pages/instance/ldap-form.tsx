import type { ChangeSignInSettings, SignInSettings } from '../../../wire/api/sign-in.ts';
import { Check, Field, TextArea } from '../../components/field.tsx';
import { SettingsForm } from '../settings/settings-form.tsx';
import { TestButton } from './test-button.tsx';

interface LdapFormProps {
  readonly settings: SignInSettings;
  readonly change: (wanted: ChangeSignInSettings) => Promise<void>;
}

/** Sign-in by the passwords of a directory: Active Directory, OpenLDAP, FreeIPA and others. */
export function LdapForm({ settings: { ldap }, change }: LdapFormProps) {
  return (
    <SettingsForm
      title="LDAP"
      note="Active Directory, OpenLDAP, FreeIPA and others"
      disabled={false}
      save={(values) => change({ ldap: ldapOf(values) })}
    >
      <Check
        name="enabled"
        label="Sign-in by this directory"
        checked={ldap.enabled}
        help="In the same form as passwords of this server."
      />
      <Field label="Name" name="label" value={ldap.label} required />
      <Field label="Address" name="url" value={ldap.url} placeholder="ldaps://ldap.example.net:636" />
      <Check
        name="startTls"
        label="StartTLS"
        checked={ldap.startTls}
        help="For ldap:// addresses. Without it passwords would go in clear, which is refused."
      />
      <div class="pair">
        <Field label="Login that searches" name="bindDn" value={ldap.bindDn} help="Its DN. Empty: anonymous." />
        <Field
          label="Its password"
          name="bindPassword"
          type="password"
          help={ldap.bindPasswordSet ? 'One is set. Empty: it stays.' : 'None is set.'}
        />
      </div>
      <Field label="Where people are" name="baseDn" value={ldap.baseDn} placeholder="ou=people,dc=example,dc=net" />
      <Check
        name="createAccounts"
        label="Make an account at the first sign-in"
        checked={ldap.createAccounts}
        help="Off: only for people who were invited."
      />
      <Check name="linkByEmail" label="Take over an account with the same e-mail address" checked={ldap.linkByEmail} />
      <details>
        <summary>Attributes, groups and certificate</summary>
        <div class="form">
          <div class="pair">
            <Field
              label="Attribute of the login"
              name="loginAttribute"
              value={ldap.loginAttribute}
              required
              help="mail, userPrincipalName or uid"
            />
            <Field
              label="Further condition"
              name="userFilter"
              value={ldap.userFilter}
              placeholder="(objectClass=person)"
            />
          </div>
          <div class="pair">
            <Field label="Attribute of the e-mail" name="emailAttribute" value={ldap.emailAttribute} required />
            <Field label="Attribute of the name" name="nameAttribute" value={ldap.nameAttribute} required />
          </div>
          <Field
            label="Attribute that lists the groups"
            name="memberOfAttribute"
            value={ldap.memberOfAttribute}
            help="memberOf. Empty: groups are searched below."
          />
          <Check
            name="nestedGroups"
            label="Follow groups within groups"
            checked={ldap.nestedGroups}
            help="Active Directory and Samba. For groups that the roles below name by their DN, 50 at most: each is a search at each sign-in."
          />
          <div class="pair">
            <Field label="Where groups are" name="groupBaseDn" value={ldap.groupBaseDn} />
            <Field
              label="Attribute of their members"
              name="groupMemberAttribute"
              value={ldap.groupMemberAttribute}
              required
            />
          </div>
          <TextArea
            label="CA certificate, PEM"
            name="caCertificate"
            rows={4}
            value={ldap.caCertificate ?? ''}
            help="Empty: the authorities that the system knows."
          />
        </div>
      </details>
      <TestButton provider="ldap" enabled={ldap.url !== ''} />
    </SettingsForm>
  );
}

function ldapOf(values: Record<string, string>): NonNullable<ChangeSignInSettings['ldap']> {
  const text = (name: string) => (values[name] ?? '').trim();
  const password = values['bindPassword'] ?? '';
  return {
    enabled: values['enabled'] !== undefined,
    label: text('label'),
    url: text('url'),
    startTls: values['startTls'] !== undefined,
    bindDn: text('bindDn'),
    baseDn: text('baseDn'),
    loginAttribute: text('loginAttribute'),
    userFilter: text('userFilter'),
    emailAttribute: text('emailAttribute'),
    nameAttribute: text('nameAttribute'),
    memberOfAttribute: text('memberOfAttribute'),
    nestedGroups: values['nestedGroups'] !== undefined,
    groupBaseDn: text('groupBaseDn'),
    groupMemberAttribute: text('groupMemberAttribute'),
    createAccounts: values['createAccounts'] !== undefined,
    linkByEmail: values['linkByEmail'] !== undefined,
    caCertificate: text('caCertificate') === '' ? null : text('caCertificate'),
    ...(password === '' ? {} : { bindPassword: password }),
  };
}
