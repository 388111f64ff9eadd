import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notifierBody } from '../../../../../../src/web/pages/settings/notifiers/notifier-body.ts';
import { kindNames, notifierKinds } from '../../../../../../src/web/pages/settings/notifiers/notifier-kinds.ts';
import { changeNotifier, newNotifier, notifier } from '../../../../../../src/wire/api/notifiers.ts';
import { notifiers } from '../../../../../pages/alert-fixture-data.ts';

const filled: Readonly<Record<string, string>> = {
  name: ' on-call ',
  to: 'a@example.net, b@example.net;c@example.net',
  url: 'https://x.example.net/hook',
  routingKey: 'k1',
  apiKey: 'k2',
  username: 'leafward',
  password: 'secret',
  host: 'traps.example.net',
  port: '1162',
  community: 'ops',
  quiet: 'on',
  quietStart: '22:00',
  quietEnd: '07:00',
  quietZone: 'Europe/Berlin',
  digestMinutes: '15',
};

test('every kind has a form, and what it sends is what the API takes', () => {
  assert.deepEqual(new Set(kindNames), new Set(notifier.options.map(({ shape }) => shape.kind.value)));
  for (const kind of kindNames) {
    const names = ['name', 'quiet', 'quietStart', 'quietEnd', 'quietZone', 'digestMinutes'];
    const own = notifierKinds[kind].fields.map(({ name }) => name);
    const values = Object.fromEntries([...names, ...own].map((name) => [name, filled[name] ?? '']));
    const body = notifierBody(kind, values, null);
    const parsed = newNotifier.parse(body);
    // Nothing is sent that the schema would drop.
    assert.deepEqual(
      Object.keys(body).filter((name) => !(name in parsed)),
      [],
      kind,
    );
    assert.equal(parsed.name, 'on-call');
    assert.deepEqual(parsed.quietHours, { start: '22:00', end: '07:00', timeZone: 'Europe/Berlin' });
    for (const name of own) assert.ok(name in body, `${kind}: ${name}`);
  }
});

test('of a notifier that is changed a secret goes only when it was typed anew', () => {
  const of = (kind: string) => {
    const found = notifiers.find((one) => one.kind === kind);
    assert.ok(found !== undefined);
    return found;
  };
  const plain = { name: 'x' };
  assert.deepEqual(notifierBody('slack', plain, of('slack')), { name: 'x', quietHours: null, digestMinutes: null });
  assert.deepEqual(notifierBody('snmp', { ...plain, host: 'h', port: '' }, of('snmp')), {
    name: 'x',
    quietHours: null,
    host: 'h',
    port: 162,
  });
  const login = { ...plain, url: 'https://a.example.net' };
  assert.deepEqual(notifierBody('alertmanager', { ...login, username: 'u' }, of('alertmanager')), {
    ...login,
    quietHours: null,
    username: 'u',
  });
  const without = notifierBody('alertmanager', { ...login, username: '' }, of('alertmanager'));
  assert.deepEqual([without['username'], without['password']], [null, null]);
  for (const kind of kindNames) {
    const values = Object.fromEntries(notifierKinds[kind].fields.map(({ name }) => [name, filled[name] ?? '']));
    changeNotifier.parse(notifierBody(kind, { ...plain, ...values }, of(kind)));
  }
});
