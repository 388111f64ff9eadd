import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { newUser } from '../../src/server/access/accounts.ts';
import type { UserRecord } from '../../src/server/access/ports.ts';
import { hashSecret, newToken } from '../../src/server/access/secret-token.ts';
import { newId } from '../../src/server/new-id.ts';
import type { Role } from '../../src/wire/api/access.ts';
import type { ServerFixture } from './server-fixture.ts';

export interface TestPerson {
  readonly user: UserRecord;
  /** Cookie and the page's token, as a browser sends them. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Wanted {
  readonly administrator?: boolean;
  readonly passwordHash?: string;
  /** By group id. */
  readonly roles?: Readonly<Record<string, readonly Role[]>>;
}

/** An account that is signed in, without the work of a real sign-in. */
export async function addPerson(server: ServerFixture, email: string, wanted: Wanted = {}): Promise<TestPerson> {
  const { stores, clock } = server.context;
  const { administrator = false, passwordHash = '', roles = {} } = wanted;
  const user = newUser(clock, { email, administrator, passwordHash });
  assert.ok(await stores.accounts.addUser(user), `${email} is there already`);
  for (const [groupId, list] of Object.entries(roles)) {
    assert.ok(await stores.members.setRoles(groupId, user.id, list));
  }
  return { user, headers: await newSession(server, user.id) };
}

/** One more session of the account: the headers of another browser. */
export async function newSession(server: ServerFixture, userId: string): Promise<Readonly<Record<string, string>>> {
  const { stores, clock } = server.context;
  const token = newToken();
  const now = clock.now();
  const added = await stores.accounts.addSession({
    id: newId('x'),
    hash: hashSecret(token),
    userId,
    method: 'password',
    address: '127.0.0.1',
    browser: 'a test',
    createdAtMs: now,
    lastSeenAtMs: now,
    expiresAtMs: now + 30 * 86_400_000,
    authenticatedAtMs: now,
  });
  assert.ok(added);
  const cookie = `leafward_session=${token}`;
  const reply = await server.app.inject({ url: '/api/v1/session', headers: { cookie } });
  assert.equal(reply.statusCode, 200, reply.body);
  return { cookie, 'leafward-csrf': reply.json<{ csrf: string }>().csrf };
}

/** An API request of a person. */
export function as(
  { app }: ServerFixture,
  person: { readonly headers: Readonly<Record<string, string>> },
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
): Promise<LightMyRequestResponse> {
  const { headers } = person;
  return app.inject({ method, url: `/api/v1${path}`, headers, ...(body === undefined ? {} : { payload: body }) });
}

/** Statuses of answers that raced, in ascending order. */
export function statuses(replies: readonly { readonly statusCode: number }[]): number[] {
  return replies.map(({ statusCode }) => statusCode).sort((a, b) => a - b);
}
