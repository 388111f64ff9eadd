import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addGroup, api, startFixture } from '../../../support/server-fixture.ts';

test('an empty number in a query is refused by its name, and is not taken for 0', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'one');
  const host = (await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: 'db1' })).json<{ id: string }>();
  const series = `/groups/${group.id}/hosts/${host.id}/series?metric=m&to=2`;
  for (const blank of ['', '%20', '+']) {
    const reply = await api(server, group, 'GET', `${series}&from=${blank}`);
    assert.equal(reply.statusCode, 400, blank);
    assert.deepEqual(reply.json().details, { field: 'from' });
  }
  assert.equal((await api(server, group, 'GET', `${series}&from=0`)).statusCode, 200);
  assert.equal((await api(server, group, 'GET', `${series}&from=1e0`)).statusCode, 200);
});
