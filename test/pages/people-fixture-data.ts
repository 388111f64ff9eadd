import type { ApiToken, Permission, Role, SessionAnswer } from '../../src/wire/api/access.ts';
import type { AuditEvent } from '../../src/wire/api/audit.ts';
import type { MailSettings, OutboundSettings } from '../../src/wire/api/instance.ts';
import type {
  AccessSettings,
  Account,
  GroupOverview,
  Invitation,
  Member,
  PersonSession,
  User,
} from '../../src/wire/api/people.ts';
import type { SignInSettings } from '../../src/wire/api/sign-in.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const longName = 'Maximiliane Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh';
const longEmail = 'maximiliane.wolfeschlegelsteinhausenbergerdorff@infrastructure.eu-central.example.net';

const permissions: Readonly<Record<Role, readonly Permission[]>> = {
  owner: ['group.read', 'monitoring.write', 'backup.write', 'data.read', 'group.own'],
  monitoringAdmin: ['group.read', 'monitoring.write'],
  backupAdmin: ['group.read', 'backup.write'],
  dataAccess: ['group.read', 'data.read'],
  readOnly: ['group.read'],
};

/** A session whose person has one role in its only group, and administers nothing. */
export function sessionAs(role: Role, session: SessionAnswer): SessionAnswer {
  const group = { id: 'g1', name: 'Production', secondFactorMissing: false };
  return {
    ...session,
    user: { ...session.user, administrator: false },
    groups: [{ ...group, roles: [role], permissions: [...permissions[role]] }],
  };
}

export function account(more: Partial<Account> = {}): Account {
  return {
    id: 'u1',
    email: 'kim@example.net',
    name: 'Kim Berg',
    administrator: true,
    createdAtMs: Date.now() - 200 * day,
    hasPassword: true,
    secondFactor: { sinceMs: null, recoveryCodesLeft: 0, required: false },
    authenticatedUntilMs: Date.now() + 5 * minute,
    ...more,
  };
}

export const sessions = (): PersonSession[] => [
  {
    id: 's1',
    current: true,
    address: '192.0.2.17',
    browser: 'Firefox on Linux',
    createdAtMs: Date.now() - 2 * hour,
    lastSeenAtMs: Date.now(),
    expiresAtMs: Date.now() + 30 * day,
  },
  {
    id: 's2',
    current: false,
    address: '2001:db8:85a3::8a2e:370:7334',
    browser: 'Safari on iPhone',
    createdAtMs: Date.now() - 6 * day,
    lastSeenAtMs: Date.now() - 3 * hour,
    expiresAtMs: Date.now() + 24 * day,
  },
];

export const secondFactor = {
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  url: 'otpauth://totp/Leafward:kim%40example.net?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Leafward',
};

export const recoveryCodes = Array.from({ length: 10 }, (_, at) => `4kx${at}-9qm${at}-t7w${at}`);

/** Kim, who owns the group alone; the others with every role, one with a long name; `more` read-only ones. */
export function members(more = 0): Member[] {
  const one = (userId: string, email: string, name: string, roles: Role[], rest: Partial<Member> = {}): Member => ({
    userId,
    email,
    name,
    roles,
    secondFactor: true,
    disabled: false,
    lastSeenAtMs: Date.now() - 3 * hour,
    lastOwner: false,
    ...rest,
  });
  return [
    one('u1', 'kim@example.net', 'Kim Berg', ['owner'], { lastOwner: true, lastSeenAtMs: Date.now() }),
    one('u2', longEmail, longName, ['monitoringAdmin', 'backupAdmin', 'dataAccess']),
    one('u3', 'noor@example.net', '', ['dataAccess'], { secondFactor: false, lastSeenAtMs: null }),
    one('u4', 'gone@example.net', 'Sam Gone', ['readOnly'], { disabled: true }),
    ...Array.from({ length: more }, (_, at) =>
      one(`m${at}`, `person${at}@example.net`, `Person ${String(at).padStart(4, '0')}`, ['readOnly']),
    ),
  ];
}

export const invitations = (): Invitation[] => [
  {
    id: 'i1',
    email: 'ada@example.net',
    roles: ['backupAdmin', 'dataAccess'],
    invitedBy: 'kim@example.net',
    createdAtMs: Date.now() - day,
    expiresAtMs: Date.now() + 6 * day,
  },
];

export function users(more = 0): User[] {
  return members(more).map(({ userId, email, name, roles, secondFactor: factor, disabled, lastSeenAtMs }) => ({
    id: userId,
    email,
    name,
    administrator: userId === 'u1',
    disabled,
    secondFactor: factor,
    hasPassword: userId !== 'u3',
    createdAtMs: Date.now() - 200 * day,
    lastSeenAtMs,
    groups: [{ id: 'g1', name: 'Production', roles }],
  }));
}

/** One with people, one whose owner is gone, one that nobody belongs to. */
export function allGroups(): GroupOverview[] {
  const holds = { createdAtMs: Date.now() - 200 * day, agents: 2, backedUpSets: 0, backupBytes: 0 };
  return [
    { id: 'g1', name: 'Production', members: 4, owners: ['kim@example.net'], hosts: 12, metricBytes: 31e8, ...holds },
    { id: 'g2', name: 'Staging', members: 2, owners: [], hosts: 3, metricBytes: 2e8, ...holds, backedUpSets: 1 },
    { id: 'g3', name: 'Shop of last year', members: 0, owners: [], hosts: 1, metricBytes: 7e6, ...holds },
  ];
}

export function tokens(more = 0): ApiToken[] {
  const one = (id: string, name: string, rest: Partial<ApiToken>): ApiToken => ({
    id,
    name,
    roles: ['readOnly'],
    createdAtMs: Date.now() - 3 * day,
    madeBy: 'kim@example.net',
    expiresAtMs: null,
    addresses: [],
    lastUsedAtMs: Date.now() - hour,
    lastUsedAddress: '192.0.2.17',
    revokedAtMs: null,
    state: 'active',
    ...rest,
  });
  return [
    one('t1', 'grafana', { expiresAtMs: Date.now() + 87 * day, addresses: ['192.0.2.0/24', '2001:db8::7'] }),
    one('t2', 'nightly restore of the reporting database in another data centre', {
      roles: ['backupAdmin', 'dataAccess'],
      expiresAtMs: Date.now() + 2 * day,
      state: 'expiring',
    }),
    one('t3', 'old import', {
      madeBy: 'gone@example.net',
      lastUsedAtMs: null,
      lastUsedAddress: null,
      state: 'stopped',
    }),
    one('t4', 'first try', { madeBy: null, revokedAtMs: Date.now() - day, state: 'revoked' }),
    ...Array.from({ length: more }, (_, at) => one(`x${at}`, `script ${at}`, {})),
  ];
}

const hash = (at: number) => at.toString(16).padStart(64, '0');
const actors: readonly AuditEvent['actor'][] = [
  { kind: 'user', id: 'u1', name: 'kim@example.net' },
  { kind: 'token', id: 't1', name: 'grafana' },
  { kind: 'user', id: 'u2', name: longEmail },
  { kind: 'admin-cli', id: null, name: 'leafward admin' },
];
const happenings: readonly Pick<AuditEvent, 'action' | 'subject' | 'detail'>[] = [
  { action: 'session.opened', subject: null, detail: { by: 'password and second factor' } },
  {
    action: 'backup.find',
    subject: { kind: 'set', id: 'rs-checkout', label: 'checkout' },
    detail: { namespace: 'shop.orders', fields: ['customer', 'status'], documents: 12 },
  },
  {
    action: 'member.rolesChanged',
    subject: { kind: 'user', id: 'u2', label: longEmail },
    detail: { before: ['readOnly'], after: ['monitoringAdmin', 'backupAdmin', 'dataAccess'] },
  },
  {
    action: 'host.removed',
    subject: {
      kind: 'host',
      id: 'h4',
      label: 'checkout-analytics-with-a-very-long-name.eu-central-1.example.net:27018',
    },
    detail: {},
  },
];

/** `total` events, newest first, one a minute. */
export function auditEvents(total: number): AuditEvent[] {
  const now = Date.now();
  return Array.from({ length: total }, (_, at) => {
    const sequence = total - at;
    const happening = happenings[at % happenings.length];
    const actor = actors[at % actors.length];
    if (happening === undefined || actor === undefined) throw new Error('there is nothing to make events of');
    const address = actor.kind === 'admin-cli' ? null : '192.0.2.17';
    const place = { sequence, id: `e${sequence}`, atMs: now - at * minute, groupId: 'g1', actor, address };
    return { ...place, ...happening, previousHash: hash(sequence - 1), hash: hash(sequence) };
  });
}

export const mail: MailSettings = {
  host: 'smtp.example.net',
  port: 587,
  security: 'starttls',
  username: 'leafward',
  passwordSet: true,
  from: 'Leafward <leafward@example.net>',
  caCertificate: null,
};
export const outbound: OutboundSettings = { allowPrivate: false, allow: ['10.1.0.0/16', 'alerts.corp.example.net'] };
export const access: AccessSettings = { secondFactorRequired: false, sessionIdleHours: 168, sessionDays: 30 };
export const signIn: SignInSettings = {
  passwords: true,
  oidc: {
    enabled: true,
    label: 'Sign in with Example',
    issuer: 'https://login.example.net/realms/main',
    clientId: 'leafward',
    scopes: 'openid email profile',
    emailClaim: 'email',
    nameClaim: 'name',
    rolesClaim: 'realm_access.roles',
    verifiedEmailOnly: true,
    createAccounts: true,
    linkByEmail: false,
    caCertificate: null,
    clientSecretSet: true,
  },
  ldap: {
    enabled: false,
    label: 'Directory',
    url: '',
    startTls: true,
    bindDn: '',
    baseDn: '',
    loginAttribute: 'mail',
    userFilter: '',
    emailAttribute: 'mail',
    nameAttribute: 'cn',
    memberOfAttribute: 'memberOf',
    nestedGroups: false,
    groupBaseDn: '',
    groupMemberAttribute: 'member',
    createAccounts: true,
    linkByEmail: false,
    caCertificate: null,
    bindPasswordSet: false,
  },
  mapping: [
    { provider: 'oidc', value: 'dba', groupId: 'g1', roles: ['monitoringAdmin', 'backupAdmin'], administrator: false },
    { provider: 'oidc', value: 'platform', groupId: null, roles: null, administrator: true },
  ],
  redirectUri: 'https://leafward.example.net/api/v1/sign-in/oidc/callback',
};
