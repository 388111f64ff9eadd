import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { isLoopback } from '../../model/special-address.ts';
import { AppError } from '../../runtime/errors.ts';
import {
  type ChangeSignInSettings,
  changeSignInSettings,
  roleMapping,
  signInSettings,
} from '../../wire/api/sign-in.ts';
import type { Held, InstanceSection } from '../instance-settings/instance-section.ts';
import { mappedGroupDns, nestedGroupsAtMost } from './nested-groups.ts';

const oidc = z.object({
  enabled: z.boolean().default(false),
  label: z.string().default('Single sign-on'),
  issuer: z.string().default(''),
  clientId: z.string().default(''),
  scopes: z.string().default('openid email profile'),
  emailClaim: z.string().default('email'),
  nameClaim: z.string().default('name'),
  rolesClaim: z.string().default('groups'),
  verifiedEmailOnly: z.boolean().default(true),
  createAccounts: z.boolean().default(true),
  linkByEmail: z.boolean().default(false),
  caCertificate: z.string().nullable().default(null),
});
const ldap = z.object({
  enabled: z.boolean().default(false),
  label: z.string().default('Directory'),
  url: z.string().default(''),
  startTls: z.boolean().default(true),
  bindDn: z.string().default(''),
  baseDn: z.string().default(''),
  loginAttribute: z.string().default('mail'),
  userFilter: z.string().default('(objectClass=person)'),
  emailAttribute: z.string().default('mail'),
  nameAttribute: z.string().default('cn'),
  memberOfAttribute: z.string().default('memberOf'),
  nestedGroups: z.boolean().default(false),
  groupBaseDn: z.string().default(''),
  groupMemberAttribute: z.string().default('member'),
  createAccounts: z.boolean().default(true),
  linkByEmail: z.boolean().default(false),
  caCertificate: z.string().nullable().default(null),
});
const value = z.object({
  passwords: z.boolean().default(true),
  oidc: oidc.prefault({}),
  ldap: ldap.prefault({}),
  mapping: z.array(roleMapping).default([]),
});

export type SignInValue = z.output<typeof value>;
export type OidcSettings = SignInValue['oidc'];
export type LdapSettings = SignInValue['ldap'];

/** What is shown but for the redirect URI, which is made of publicUrl. */
const shown = signInSettings.omit({ redirectUri: true });

/** How people sign in beside passwords of this server; a fresh instance: not at all. */
export const signInSection: InstanceSection<SignInValue, typeof shown, typeof changeSignInSettings> = {
  name: 'sign-in',
  value,
  shown,
  change: changeSignInSettings,
  show: ({ value: held, secrets }) => ({
    ...held,
    oidc: { ...held.oidc, clientSecretSet: secrets['clientSecret'] !== undefined },
    ldap: { ...held.ldap, bindPasswordSet: secrets['bindPassword'] !== undefined },
  }),
  apply: (before, change) => {
    const after = merged(before, change);
    checkOidc(after.value.oidc);
    checkLdap(after.value.ldap);
    checkNested(after.value);
    const { passwords, oidc: provider, ldap: directory } = after.value;
    if (!passwords && !provider.enabled && !directory.enabled) {
      throw invalid('passwords', 'nobody could sign in: switch a provider or a directory on first');
    }
    return after;
  },
};

function merged({ value: before, secrets }: Held<SignInValue>, change: ChangeSignInSettings): Held<SignInValue> {
  const { clientSecret, ...oidcChange } = change.oidc ?? {};
  const { bindPassword, ...ldapChange } = change.ldap ?? {};
  const after = value.parse({
    passwords: change.passwords ?? before.passwords,
    oidc: { ...before.oidc, ...oidcChange },
    ldap: { ...before.ldap, ...ldapChange },
    mapping: change.mapping ?? before.mapping,
  });
  // A secret is for the server that it was typed for: nobody gets it by naming another one.
  const sameIssuer = after.oidc.issuer === before.oidc.issuer && after.oidc.clientId === before.oidc.clientId;
  const sameDirectory = after.ldap.url === before.ldap.url && after.ldap.bindDn === before.ldap.bindDn;
  const kept = {
    clientSecret: secretAfter(clientSecret, sameIssuer ? secrets['clientSecret'] : undefined),
    bindPassword: secretAfter(bindPassword, sameDirectory ? secrets['bindPassword'] : undefined),
  };
  const entries = Object.entries(kept).flatMap(([name, secret]) => (secret === undefined ? [] : [[name, secret]]));
  return { value: after, secrets: Object.fromEntries(entries) as Record<string, string> };
}

function secretAfter(given: string | null | undefined, before: string | undefined): string | undefined {
  return given === undefined ? before : (given ?? undefined);
}

function checkOidc({ enabled, issuer, clientId, caCertificate }: OidcSettings): void {
  if (caCertificate !== null) checkCertificate('oidc.caCertificate', caCertificate);
  if (issuer !== '') {
    const url = URL.parse(issuer);
    const isPlain = url?.protocol === 'http:' && isLoopback(url.hostname);
    if (url === null || url.search !== '' || url.hash !== '' || (url.protocol !== 'https:' && !isPlain)) {
      throw invalid('oidc.issuer', 'the issuer is an address that begins with https:// (http:// for loopback alone)');
    }
  }
  if (!enabled) return;
  if (issuer === '') throw invalid('oidc.issuer', 'the provider needs its issuer');
  if (clientId === '') throw invalid('oidc.clientId', 'the provider needs a client id');
}

function checkLdap(settings: LdapSettings): void {
  const { enabled, url, startTls, baseDn, userFilter, memberOfAttribute, groupBaseDn, caCertificate } = settings;
  if (caCertificate !== null) checkCertificate('ldap.caCertificate', caCertificate);
  if (url !== '') {
    const parsed = URL.parse(url);
    if (parsed === null || !['ldap:', 'ldaps:'].includes(parsed.protocol) || parsed.hostname === '') {
      throw invalid('ldap.url', 'the directory is an address like ldaps://ldap.example.net');
    }
    if (parsed.protocol === 'ldap:' && !startTls && !isLoopback(parsed.hostname)) {
      throw invalid(
        'ldap.startTls',
        'without TLS, passwords would cross the network in clear: use StartTLS or ldaps://',
      );
    }
  }
  if (userFilter !== '' && !isBalanced(userFilter)) {
    throw invalid('ldap.userFilter', 'a filter is in brackets, like (objectClass=person)');
  }
  if (!enabled) return;
  if (url === '') throw invalid('ldap.url', 'the directory needs an address');
  if (baseDn === '') throw invalid('ldap.baseDn', 'the directory needs a base DN where people are searched');
  if (memberOfAttribute === '' && groupBaseDn === '') {
    throw invalid('ldap.groupBaseDn', 'name the attribute that lists the groups, or where groups are searched');
  }
}

/** Each such group is a search of its own at each sign-in. */
function checkNested({ ldap: { nestedGroups, memberOfAttribute }, mapping }: SignInValue): void {
  if (!nestedGroups) return;
  if (memberOfAttribute === '') {
    throw invalid('ldap.memberOfAttribute', 'groups within groups are followed by the attribute that lists the groups');
  }
  const { length } = mappedGroupDns(mapping);
  if (length > nestedGroupsAtMost) {
    throw invalid(
      'mapping',
      `groups within groups are followed for ${nestedGroupsAtMost} groups at most; the mapping names ${length} by DN`,
    );
  }
}

function isBalanced(filter: string): boolean {
  let depth = 0;
  for (let index = 0; index < filter.length; index++) {
    if (filter[index] === '(') depth += 1;
    if (filter[index] === ')') depth -= 1;
    if (depth < 0 || (depth === 0 && index < filter.length - 1)) return false;
  }
  return depth === 0;
}

function checkCertificate(field: string, pem: string): void {
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new AppError('INPUT_INVALID', 'the CA certificate is not a certificate in PEM form', {
      cause,
      details: { field },
    });
  }
}

function invalid(field: string, message: string): AppError {
  return new AppError('INPUT_INVALID', message, { details: { field } });
}
