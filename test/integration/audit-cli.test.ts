import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditEvent } from '../../src/wire/api/audit.ts';
import { runApp } from '../support/app.ts';
import { freePort } from '../support/free-port.ts';
import { addGroup, api, type ServerFixture, startFixture } from '../support/server-fixture.ts';

function urlOf({ app }: ServerFixture): string {
  const address = app.server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

test('leafward audit: help, lines, JSON for scripts, and an exit status for each kind of failure', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'Shop');
  await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: 'db1:27017' });
  await api(server, group, 'POST', `/groups/${group.id}/keys`, { name: 'rack 7', scope: 'both' });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const url = urlOf(server);
  const env = { LEAFWARD_SERVER_URL: url, LEAFWARD_GROUP_ID: group.id, LEAFWARD_API_TOKEN: group.token };
  const run = (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    runApp(['audit', ...words], { env: { ...env, ...more } });
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const failures: readonly (readonly [string[], Record<string, string>, number, RegExp])[] = [
    [['--limit', 'all'], {}, 64, /--limit is a number of events/],
    [['--since', 'today'], {}, 64, /since/],
    [[], { LEAFWARD_API_TOKEN: `${group.token}x` }, 77, /code: SIGN_IN_REQUIRED/],
    [[], { LEAFWARD_GROUP_ID: 'g_other' }, 66, /there is no such group/],
    [[], { LEAFWARD_SERVER_URL: nobody }, 69, /code: SERVER_UNREACHABLE/],
  ];
  const [help, lines, json, ...failed] = await Promise.all([
    run(['--help']),
    run([]),
    run(['--action', 'agentKey', '--json']),
    ...failures.map(([words, more]) => run(words, more)),
  ]);
  for (const option of ['--from <time>', '--to <time>', '--actor', '--action', '--text', '--limit', '--json']) {
    assert.ok(help?.stdout.includes(option), option);
  }
  const good = [help, lines, json].map((result) => [result?.status, result?.stderr]);
  assert.deepEqual(good, Array(3).fill([0, '']));
  assert.match(lines?.stdout ?? '', /: agentKey\.made .*rack 7[\s\S]*: host\.added host db1:27017\n$/);
  const events = (json?.stdout ?? '').trimEnd().split('\n');
  assert.deepEqual(
    events.map((line) => auditEvent.parse(JSON.parse(line)).action),
    ['agentKey.made'],
  );
  for (const [index, [words, , status, told]] of failures.entries()) {
    const result = failed[index] ?? assert.fail('no result');
    assert.deepEqual([result.status, result.stdout], [status, ''], `${words.join(' ')}: ${result.stderr}`);
    assert.match(result.stderr, told);
    assert.equal(result.stderr.trimEnd().split('\n').length, 3, 'what, what next, code');
    assert.ok(!result.stderr.includes(group.token), 'no secret is printed');
  }
});
