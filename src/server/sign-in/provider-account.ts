import { newUser } from '../access/accounts.ts';
import type { UserRecord } from '../access/ports.ts';
import { userSubject } from '../audit/subjects.ts';
import { type AuditSource, audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import { grantsNothing, type MappedRoles, mappedRoles } from './mapped-roles.ts';
import { signInRefused } from './problem.ts';
import type { ProvenPerson } from './proven-person.ts';
import type { SignInValue } from './sign-in-section.ts';

/**
 * The account of a person whom a provider has proved: found, taken over or made as the settings allow, with the roles
 * that the mapping gives now. @throws SIGN_IN_REFUSED with a problem
 */
export async function accountOf(
  context: ServerContext,
  settings: SignInValue,
  person: ProvenPerson,
  ip: string,
): Promise<UserRecord> {
  const granted = mappedRoles(settings.mapping, person);
  const { createAccounts, linkByEmail } = settings[person.provider];
  const user = (await known(context, person)) ?? (await linked(context, person, linkByEmail, ip));
  if (user !== undefined && user.disabled) throw signInRefused('account-disabled');
  if (user === undefined && !createAccounts) throw signInRefused('no-account');
  if (user === undefined && grantsNothing(granted)) throw signInRefused('no-role', rolesSeen(person));
  const account = user ?? (await made(context, person, ip));
  const source: AuditSource = { actor: { kind: 'user', id: account.id, name: account.email }, ip };
  await applyRoles(context, source, account, granted, person);
  return withAnyRole(context, account, person);
}

async function known({ stores }: ServerContext, { provider, subject }: ProvenPerson): Promise<UserRecord | undefined> {
  const id = await stores.identities.identity(provider, subject);
  return id === undefined ? undefined : stores.accounts.user(id);
}

/** An account that was there before this person came by the provider. */
async function linked(
  context: ServerContext,
  person: ProvenPerson,
  allowed: boolean,
  ip: string,
): Promise<UserRecord | undefined> {
  const { stores, clock } = context;
  const user = await stores.accounts.userByEmail(person.email);
  if (user === undefined) return undefined;
  if (!allowed) throw signInRefused('account-exists', person.email);
  if (user.disabled) return user;
  // Who invited this address may have made the account themselves: their password must not open what the provider gives.
  if (!user.emailProven) {
    await stores.accounts.proveEmail(user.id, true);
    context.hub.endWhere(({ userId }) => userId === user.id);
  }
  await stores.identities.saveIdentity(person.provider, person.subject, user.id, clock.now());
  const source: AuditSource = { actor: { kind: 'user', id: user.id, name: user.email }, ip };
  const detail = { linkedTo: person.provider, subject: person.subject };
  await audit(context, source, { action: 'user.changed', subject: userSubject(user), detail });
  return user;
}

async function made(context: ServerContext, person: ProvenPerson, ip: string): Promise<UserRecord> {
  const { stores, clock } = context;
  const user = newUser(clock, { email: person.email, name: person.name });
  if (!(await stores.accounts.addUser(user))) throw signInRefused('account-exists', person.email);
  await stores.identities.saveIdentity(person.provider, person.subject, user.id, clock.now());
  const source: AuditSource = { actor: { kind: 'user', id: user.id, name: user.email }, ip };
  const detail = { by: person.provider, subject: person.subject };
  await audit(context, source, { action: 'user.added', subject: userSubject(user), detail });
  return user;
}

/** Makes the roles in the groups that the mapping names what it says; other groups stay as they are. */
async function applyRoles(
  context: ServerContext,
  source: AuditSource,
  user: UserRecord,
  granted: MappedRoles,
  { provider }: ProvenPerson,
): Promise<void> {
  const { stores, log } = context;
  const now = new Map((await stores.groups.rolesOf(user.id)).map(({ groupId, roles }) => [groupId, roles]));
  for (const [groupId, roles] of granted.groups) {
    const before = now.get(groupId) ?? [];
    if (sameRoles(before, roles) || (await stores.groups.group(groupId)) === undefined) continue;
    const done =
      roles.length === 0
        ? await stores.members.removeMember(groupId, user.id)
        : await stores.members.setRoles(groupId, user.id, roles);
    if (!done) {
      log.warn('the last owner of a group stays one, whatever the provider says', { group: groupId, user: user.id });
      continue;
    }
    context.hub.endWhere((owner, of) => of === groupId && owner.userId === user.id);
    const action =
      roles.length === 0 ? 'member.removed' : before.length === 0 ? 'member.joined' : 'member.rolesChanged';
    const detail = { by: provider, before: [...before], after: [...roles] };
    await audit(context, source, { action, groupId, subject: userSubject(user), detail });
  }
  await applyAdministrator(context, source, user, granted.administrator);
}

async function applyAdministrator(
  context: ServerContext,
  source: AuditSource,
  user: UserRecord,
  administrator: boolean | undefined,
): Promise<void> {
  if (administrator === undefined || administrator === user.administrator) return;
  if (await context.stores.accounts.setAdministrator(user.id, administrator)) {
    await audit(context, source, { action: 'user.changed', subject: userSubject(user), detail: { administrator } });
  } else context.log.warn('the last administrator stays one, whatever the provider says', { user: user.id });
}

async function withAnyRole({ stores }: ServerContext, { id }: UserRecord, person: ProvenPerson): Promise<UserRecord> {
  const user = await stores.accounts.user(id);
  if (user === undefined) throw signInRefused('no-account');
  if (!user.administrator && (await stores.groups.rolesOf(id)).length === 0) {
    throw signInRefused('no-role', rolesSeen(person));
  }
  return user;
}

/** For whoever looks for the reason: what the provider said, not what the mapping wants. */
function rolesSeen({ values }: ProvenPerson): string {
  return values.length === 0 ? 'the provider named none' : `the provider named ${values.slice(0, 20).join(', ')}`;
}

function sameRoles(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((role) => right.includes(role));
}
