import assert from 'node:assert/strict';
import type { AuditAnswer, AuditEvent } from '../../src/wire/api/audit.ts';
import { api, type ServerFixture, type TestGroup } from './server-fixture.ts';

/** The audit events of a group, newest first. */
export async function auditTrail(server: ServerFixture, group: TestGroup): Promise<readonly AuditEvent[]> {
  const reply = await api(server, group, 'GET', `/groups/${group.id}/audit`);
  assert.equal(reply.statusCode, 200, reply.body);
  return reply.json<AuditAnswer>().events;
}
