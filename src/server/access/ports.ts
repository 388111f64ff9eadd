import type { Role } from '../../wire/api/access.ts';
import type { GroupRecord } from './group-record.ts';

/** Stored roles are parsed with it when they are read back. */
export { role } from '../../wire/api/access.ts';

/** What people need of a metadata store. Writes are durable when they resolve. Times are ms since 1970 UTC. */

export interface UserRecord {
  readonly id: string;
  /** In lower case; no two are the same. */
  readonly email: string;
  readonly name: string;
  /**
   * False: the account was made by an invitation, whose link others had too. Nobody has shown yet that the address is theirs.
   */
  readonly emailProven: boolean;
  /** Empty: no password, the account signs in by a provider alone. */
  readonly passwordHash: string;
  /** May change the server itself, its users and groups. */
  readonly administrator: boolean;
  readonly disabled: boolean;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number | null;
  readonly secondFactor: SecondFactorRecord | null;
}
export interface SecondFactorRecord {
  /** Secret and hashes of the recovery codes, encrypted (access/second-factor-box.ts). */
  readonly sealed: Uint8Array;
  readonly sinceMs: number;
  /** The newest time step whose code was used: it and older ones are refused. */
  readonly lastStep: number;
}

export type SignInMethod = 'password' | 'link' | 'oidc' | 'ldap';
export interface SessionRecord {
  /** To name it in a list; the token is another. */
  readonly id: string;
  readonly hash: Uint8Array;
  readonly userId: string;
  readonly method: SignInMethod;
  readonly address: string;
  readonly browser: string;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  readonly expiresAtMs: number;
  /** When the person last proved who they are. */
  readonly authenticatedAtMs: number;
}

export type LinkPurpose = 'setup' | 'sign-in' | 'password';
export interface LinkRecord {
  readonly hash: Uint8Array;
  readonly purpose: LinkPurpose;
  readonly userId: string | null;
  readonly expiresAtMs: number;
}

export interface UserStore {
  countUsers(): Promise<number>;
  /** With the group and an owner's membership in one transaction, only while there is no user. False = there was one. */
  addFirstOwner(user: UserRecord, group: GroupRecord): Promise<boolean>;
  /** False: the e-mail address has an account. */
  addUser(user: UserRecord): Promise<boolean>;
  /** By e-mail address. */
  users(): Promise<readonly UserRecord[]>;
  userByEmail(email: string): Promise<UserRecord | undefined>;
  user(id: string): Promise<UserRecord | undefined>;
  setName(userId: string, name: string): Promise<void>;
  /** Somebody has shown that the address is theirs. `drop`: what signed in before, a password or a second factor, no longer does. */
  proveEmail(userId: string, drop: boolean): Promise<void>;
  touchUser(userId: string, lastSeenAtMs: number): Promise<void>;
  /** Ends all sessions of the user but the one to keep, voids links to a new password and forgets known networks. */
  setPassword(userId: string, passwordHash: string, keep?: Uint8Array): Promise<void>;
  /** False: nothing changed, since it was the last administrator who is not disabled. */
  setAdministrator(userId: string, administrator: boolean): Promise<boolean>;
  /** Disabling ends all sessions. False: the last administrator, or the last owner of a group. */
  setDisabled(userId: string, disabled: boolean): Promise<boolean>;
  /** With memberships, sessions and links. False: the last administrator, or the last owner of a group. */
  removeUser(userId: string): Promise<boolean>;
}

export interface SecondFactorStore {
  /** Null takes it off. */
  setSecondFactor(userId: string, secondFactor: SecondFactorRecord | null): Promise<void>;
  /** Of two callers with the same step only one gets true. */
  useStep(userId: string, step: number): Promise<boolean>;
  /** Puts `sealed` in the place of `before`; false when another was quicker. */
  replaceSealed(userId: string, before: Uint8Array, sealed: Uint8Array): Promise<boolean>;
}

/** What an account was when somebody proved that it is theirs. */
export interface ProvenAccount {
  readonly passwordHash: string;
  readonly hasSecondFactor: boolean;
}

export interface SessionStore {
  /**
   * False: the account is gone or disabled, or is not any more what was proven: with another password, or a second factor since.
   * The condition stands in the statement, so that what ends all sessions ends those too that are about to begin.
   */
  addSession(session: SessionRecord, proven?: ProvenAccount): Promise<boolean>;
  session(hash: Uint8Array): Promise<SessionRecord | undefined>;
  /** Newest use first. */
  sessionsOf(userId: string): Promise<readonly SessionRecord[]>;
  touchSession(hash: Uint8Array, lastSeenAtMs: number, address: string): Promise<void>;
  setAuthenticated(hash: Uint8Array, atMs: number): Promise<void>;
  removeSession(hash: Uint8Array): Promise<void>;
  /** False: the user has no such session. */
  removeSessionOf(userId: string, id: string): Promise<boolean>;
  /** All but one; how many. */
  removeOtherSessions(userId: string, keep: Uint8Array): Promise<number>;
  addLink(link: LinkRecord): Promise<void>;
  link(hash: Uint8Array, purpose: LinkPurpose): Promise<LinkRecord | undefined>;
  /** Removes the link and gives it back: of two callers only one gets it. */
  takeLink(hash: Uint8Array, purpose: LinkPurpose): Promise<LinkRecord | undefined>;
  /** Sessions, links and invitations. */
  removeExpired(nowMs: number): Promise<void>;
}

export interface KnownNetworkStore {
  /** A login signed in from there, not longer ago. */
  knowsNetwork(login: string, network: string, sinceMs: number): Promise<boolean>;
  /** Keeps the newest eight of a login. */
  rememberNetwork(login: string, network: string, atMs: number): Promise<void>;
  forgetNetworks(beforeMs: number): Promise<void>;
}

export interface AccountStore extends UserStore, SecondFactorStore, SessionStore {}

export interface MemberRecord {
  readonly user: UserRecord;
  readonly roles: readonly Role[];
}
export interface InvitationRecord {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly groupId: string;
  readonly email: string;
  readonly roles: readonly Role[];
  /** The name of who made it, as the audit log has it. */
  readonly invitedBy: string;
  /** The user, also behind a token; null: a token of `leafward admin`. It holds only while they own the group. */
  readonly madeBy: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}
export interface MemberStore {
  /** By e-mail address. */
  members(groupId: string): Promise<readonly MemberRecord[]>;
  memberships(): Promise<
    readonly { readonly userId: string; readonly groupId: string; readonly roles: readonly Role[] }[]
  >;
  /** Of a member. False: the last owner would be none, or there is no such member. */
  changeRoles(groupId: string, userId: string, roles: readonly Role[]): Promise<boolean>;
  /** Adds or changes. False: the last owner would be none, or there is no such group. */
  setRoles(groupId: string, userId: string, roles: readonly Role[]): Promise<boolean>;
  /** False: the last owner, or no member. */
  removeMember(groupId: string, userId: string): Promise<boolean>;
  /** Takes the place of an older one to the same address. */
  addInvitation(invitation: InvitationRecord): Promise<void>;
  invitations(groupId: string): Promise<readonly InvitationRecord[]>;
  invitation(hash: Uint8Array): Promise<InvitationRecord | undefined>;
  /** False: the group has no such invitation. */
  removeInvitation(groupId: string, id: string): Promise<boolean>;
  /**
   * Uses the invitation up and makes its user a member, in one transaction; a `user` whose address has no account yet is
   * added too. False: it was used already or has expired, or (for a new user) the address has an account.
   */
  acceptInvitation(hash: Uint8Array, user: UserRecord, isNew: boolean, nowMs: number): Promise<boolean>;
}
