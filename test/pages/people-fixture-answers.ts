import { z } from 'zod';
import {
  apiToken,
  newApiTokenRequest,
  type SessionAnswer,
  sessionAnswer,
  signInAnswer,
} from '../../src/wire/api/access.ts';
import { auditActionsAnswer, auditAnswer, auditQuery } from '../../src/wire/api/audit.ts';
import { auditActions } from '../../src/wire/api/audit-actions.ts';
import {
  changeMailSettings,
  changeOutboundSettings,
  exposureSettings,
  mailSettings,
  outboundSettings,
} from '../../src/wire/api/instance.ts';
import { sendReport } from '../../src/wire/api/notifiers.ts';
import {
  acceptInvitationRequest,
  accessSettings,
  account,
  changeAccessSettings,
  changeMemberRequest,
  changeUserRequest,
  groupOverview,
  invitation,
  invitationState,
  member,
  newInvitationAnswer,
  newInvitationRequest,
  passwordResetState,
  personSession,
  recoveryCodes,
  secondFactorSetup,
  user,
} from '../../src/wire/api/people.ts';
import { changeSignInSettings, signInProviders, signInSettings, signInTestAnswer } from '../../src/wire/api/sign-in.ts';
import { session as ownSession } from './pages-fixture-data.ts';
import * as data from './people-fixture-data.ts';

type Answer = readonly [status: number, body: unknown];

/** The API of people, sign-in, audit and instance with made data that obeys the schemas; a change shows in the next read. */
export class PeopleAnswers {
  session: SessionAnswer = ownSession;
  account = data.account();
  sessions = data.sessions();
  members = data.members();
  invitations = data.invitations();
  users = data.users();
  allGroups = data.allGroups();
  tokens = data.tokens();
  providers: z.input<typeof signInProviders> = [{ id: 'password', kind: 'password', label: 'Password' }];
  /** The sign-in asks for a second step. */
  secondStep = false;
  events = data.auditEvents(450);
  invitation: z.input<typeof invitationState> = {
    valid: true,
    groupName: 'Production',
    email: 'ada@example.net',
    roles: ['backupAdmin', 'dataAccess'],
    invitedBy: 'kim@example.net',
    expiresAtMs: Date.now() + 86_400_000,
    hasAccount: false,
  };
  mail = data.mail;
  outbound = data.outbound;
  access = data.access;
  signIn = data.signIn;
  exposure = { enabled: false };

  /** Reads that need no session. Undefined: not ours. */
  readPublic(path: string): Answer | undefined {
    if (path === '/sign-in/providers') return [200, signInProviders.parse(this.providers)];
    if (path.startsWith('/invitations/')) return [200, invitationState.parse(this.invitation)];
    if (path.startsWith('/password-reset/')) {
      const valid = path.endsWith('/good');
      return [200, passwordResetState.parse(valid ? { valid, email: 'kim@example.net' } : { valid })];
    }
    return undefined;
  }

  /** `path` without `/groups/g1`. */
  read(path: string, url: URL): Answer | undefined {
    if (path === '/audit') return [200, this.#audit(url)];
    const answers: Readonly<Record<string, () => unknown>> = {
      '/session': () => sessionAnswer.parse(this.session),
      '/account': () => account.parse(this.account),
      '/account/sessions': () => z.array(personSession).parse(this.sessions),
      '/members': () => z.array(member).parse(this.members),
      '/invitations': () => z.array(invitation).parse(this.invitations),
      '/users': () => z.array(user).parse(this.users),
      '/instance/groups': () => z.array(groupOverview).parse(this.allGroups),
      '/tokens': () => z.array(apiToken).parse(this.tokens),
      '/audit/actions': () =>
        auditActionsAnswer.parse(Object.entries(auditActions).map(([action, meaning]) => ({ action, meaning }))),
      '/instance/mail': () => mailSettings.parse(this.mail),
      '/instance/outbound': () => outboundSettings.parse(this.outbound),
      '/instance/exposure': () => exposureSettings.parse(this.exposure),
      '/instance/access': () => accessSettings.parse(this.access),
      '/instance/sign-in': () => signInSettings.parse(this.signIn),
    };
    const answer = answers[path];
    return answer === undefined ? undefined : [200, answer()];
  }

  change(method: string, path: string, body: unknown): Answer | undefined {
    return (
      this.#changeOwn(path, body) ?? this.#changeGroup(method, path, body) ?? this.#changeInstance(method, path, body)
    );
  }

  #changeOwn(path: string, body: unknown): Answer | undefined {
    if (path === '/session' && this.secondStep) {
      const secondFactor = { challenge: 'challenge-1', expiresAtMs: Date.now() + 300_000 };
      return [200, signInAnswer.parse({ secondFactor })];
    }
    if (path === '/session/second-factor') return [200, sessionAnswer.parse(this.session)];
    if (path === '/account/second-factor') {
      return [200, secondFactorSetup.parse({ ...data.secondFactor, expiresAtMs: Date.now() + 600_000 })];
    }
    if (path === '/account/second-factor/confirm' || path === '/account/recovery-codes') {
      const secondFactor = { sinceMs: Date.now(), recoveryCodesLeft: 10, required: false };
      this.account = { ...this.account, secondFactor };
      return [200, recoveryCodes.parse({ recoveryCodes: data.recoveryCodes })];
    }
    if (path === '/account/reauthenticate') return [200, { authenticatedUntilMs: Date.now() + 300_000 }];
    if (path.startsWith('/account/sessions/')) {
      this.sessions = this.sessions.filter(({ id }) => !path.endsWith(`/${id}`));
      return [204, undefined];
    }
    if (path === '/password-reset') return [202, undefined];
    if (path.startsWith('/password-reset/')) return [204, undefined];
    if (/^\/invitations\/[^/]+\/accept$/.test(path)) {
      acceptInvitationRequest.parse(body);
      return [200, sessionAnswer.parse(this.session)];
    }
    return undefined;
  }

  #changeGroup(method: string, path: string, body: unknown): Answer | undefined {
    if (path === '/invitations') {
      const { email, roles } = newInvitationRequest.parse(body);
      const times = { createdAtMs: Date.now(), expiresAtMs: Date.now() + 7 * 86_400_000 };
      const made = { id: `i${this.invitations.length + 1}`, email, roles, invitedBy: 'kim@example.net', ...times };
      this.invitations = [...this.invitations, made];
      const link = 'https://leafward.example.net/invitation/TOKEN';
      return [201, newInvitationAnswer.parse({ invitation: made, link, mailed: true })];
    }
    if (path === '/leave') {
      const { session } = this;
      this.session = { ...session, groups: session.groups.filter((one) => one.id !== 'g1') };
      return [204, undefined];
    }
    const [, what, id = ''] = /^\/(members|invitations|tokens)\/([^/]+)$/.exec(path) ?? [];
    if (what === 'members' && method === 'PATCH') {
      const { roles } = changeMemberRequest.parse(body);
      this.members = this.members.map((one) => (one.userId === id ? { ...one, roles } : one));
      return [200, this.members.find(({ userId }) => userId === id)];
    }
    if (what === 'members') this.members = this.members.filter(({ userId }) => userId !== id);
    else if (what === 'invitations') this.invitations = this.invitations.filter((one) => one.id !== id);
    else if (what !== 'tokens') return path === '/tokens' ? this.#newToken(body) : undefined;
    return [204, undefined];
  }

  #newToken(body: unknown): Answer {
    newApiTokenRequest.parse(body);
    return [201, { token: this.tokens[0], secret: 'lft_t3_secret' }];
  }

  #changeInstance(method: string, path: string, body: unknown): Answer | undefined {
    if (path === '/instance/mail/test') {
      return [200, sendReport.parse({ ok: true, detail: 'the mail server took it', body: '250 2.0.0 queued as 4XyZ' })];
    }
    if (path === '/instance/sign-in/test') {
      return [200, signInTestAnswer.parse({ ok: true, message: 'The provider answers; its keys were read.' })];
    }
    if (path === '/instance/mail') {
      const { password, ...change } = changeMailSettings.parse(body);
      this.mail = mailSettings.parse({
        ...this.mail,
        ...change,
        passwordSet: this.mail.passwordSet || password != null,
      });
      return [200, this.mail];
    }
    if (path === '/instance/outbound') {
      this.outbound = outboundSettings.parse({ ...this.outbound, ...changeOutboundSettings.parse(body) });
      return [200, this.outbound];
    }
    if (path === '/instance/exposure') {
      this.exposure = exposureSettings.parse(body);
      return [200, this.exposure];
    }
    if (path === '/instance/access') {
      this.access = accessSettings.parse({ ...this.access, ...changeAccessSettings.parse(body) });
      return [200, this.access];
    }
    if (path === '/instance/sign-in') {
      const { oidc, ldap, ...rest } = changeSignInSettings.parse(body);
      const { clientSecret: _, ...provider } = oidc ?? {};
      const { bindPassword: __, ...directory } = ldap ?? {};
      const { signIn } = this;
      const next = {
        ...signIn,
        ...rest,
        oidc: { ...signIn.oidc, ...provider },
        ldap: { ...signIn.ldap, ...directory },
      };
      this.signIn = signInSettings.parse(next);
      return [200, this.signIn];
    }
    return this.#changeAll(method, path, body);
  }

  /** Of all groups and users. */
  #changeAll(method: string, path: string, body: unknown): Answer | undefined {
    if (method === 'DELETE' && path.startsWith('/instance/groups/')) {
      this.allGroups = this.allGroups.filter((one) => !path.endsWith(`/${one.id}`));
      return [204, undefined];
    }
    const [, id, what = ''] = /^\/users\/([^/]+)(\/.+)?$/.exec(path) ?? [];
    if (id === undefined) return undefined;
    if (what.startsWith('/groups/')) {
      this.allGroups = this.allGroups.map((one) =>
        what.endsWith(`/${one.id}`) ? { ...one, members: 1, owners: ['kim@example.net'] } : one,
      );
    }
    if (what === '/password-link') {
      const link = 'https://leafward.example.net/password-reset/TOKEN';
      return [201, { link, expiresAtMs: Date.now() + 86_400_000 }];
    }
    if (method === 'DELETE' && what === '') this.users = this.users.filter((one) => one.id !== id);
    if (method === 'PATCH') {
      const change = changeUserRequest.parse(body);
      this.users = this.users.map((one) => (one.id === id ? user.parse({ ...one, ...change }) : one));
    }
    return method === 'DELETE' ? [204, undefined] : [200, this.users.find((one) => one.id === id) ?? {}];
  }

  #audit(url: URL): unknown {
    const { before, limit, action, actor } = auditQuery.parse(Object.fromEntries(url.searchParams));
    const all = this.events.filter(
      (event) =>
        (before === undefined || event.sequence < before) &&
        (action === undefined || event.action.startsWith(action)) &&
        (actor === undefined || event.actor.name.includes(actor)),
    );
    const events = all.slice(0, limit);
    return auditAnswer.parse({ events, nextBefore: all.length > limit ? (events.at(-1)?.sequence ?? null) : null });
  }
}
