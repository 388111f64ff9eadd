import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addGroup, api, startFixture } from '../../support/server-fixture.ts';

test('a secret address as long as one may be is taken, and the list of notifiers is still given', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'one');
  const path = `/groups/${group.id}/notifiers`;
  for (const kind of ['slack', 'teams']) {
    const url = `https://${'0'.repeat(1990)}`;
    const made = await api(server, group, 'POST', path, { kind, name: kind, url });
    assert.ok(made.statusCode === 201 || made.statusCode === 400, made.body);
  }
  const listed = await api(server, group, 'GET', path);
  assert.equal(listed.statusCode, 200, listed.body);
});
