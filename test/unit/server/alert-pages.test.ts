import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notifierBody } from '../../../src/web/pages/settings/notifiers/notifier-body.ts';
import { kindNames, notifierKinds } from '../../../src/web/pages/settings/notifiers/notifier-kinds.ts';
import { conditionKinds, usualCondition } from '../../../src/web/pages/settings/rules/condition-kinds.ts';
import { differs, draftOf, emptyRule, ruleBody } from '../../../src/web/pages/settings/rules/rule-draft.ts';
import type { AlertRule, AlertTemplate } from '../../../src/wire/api/alerts.ts';
import type { Notifier } from '../../../src/wire/api/notifiers.ts';
import { addGroup, api, startFixture } from '../../support/server-fixture.ts';

const typed: Readonly<Record<string, string>> = {
  name: 'on-call',
  to: 'a@example.net',
  url: 'https://x.example.net/hook',
  routingKey: 'k'.repeat(32),
  apiKey: 'k2',
  username: 'leafward',
  password: 'secret',
  host: 'traps.example.net',
  port: '162',
  community: 'ops',
};

test('what the pages of rules, notifiers and maintenance send, the server takes', async () => {
  await using fixture = await startFixture();
  const group = await addGroup(fixture, 'one');
  const call = async <T>(method: 'GET' | 'POST' | 'PATCH', path: string, body: object, status: number): Promise<T> => {
    const reply = await api(fixture, group, method, `/groups/${group.id}${path}`, method === 'GET' ? undefined : body);
    assert.equal(reply.statusCode, status, `${method} ${path} ${JSON.stringify(body)}: ${reply.body}`);
    return reply.json<T>();
  };
  const read = <T>(path: string) => call<T>('GET', path, {}, 200);
  await call('POST', '/hosts', { host: 'db1:27017', tags: ['prod'] }, 201);

  for (const kind of Object.keys(conditionKinds) as (keyof typeof conditionKinds)[]) {
    const body = { ...ruleBody({ ...emptyRule(), condition: usualCondition(kind) }), name: `rule ${kind}` };
    const to = fixture.clock.now();
    await call('POST', '/alert-rules/preview', { rule: body, from: to - 7 * 86_400_000, to }, 200);
    const made = await call<AlertRule>('POST', '/alert-rules', body, 201);
    assert.deepEqual(draftOf(made), body);
  }
  const target = { ...emptyRule().target, tags: ['prod'] };
  const fits = await call<{ hostCount: number; allHosts: number }>('POST', '/alert-rules/target', { target }, 200);
  assert.deepEqual([fits.hostCount, fits.allHosts], [1, 1]);

  const templates = await read<AlertTemplate[]>('/alert-templates');
  const rules = await read<AlertRule[]>('/alert-rules');
  const builtIn = rules.filter((rule) => rule.builtIn);
  assert.ok(builtIn.length > 10);
  for (const rule of builtIn) {
    const template = templates.find(({ id }) => id === rule.id);
    assert.ok(template !== undefined, rule.id);
    assert.equal(differs(rule, template), false, rule.id);
    assert.equal(differs({ ...rule, forMs: rule.forMs + 1 }, template), true);
    await call('PATCH', `/alert-rules/${rule.id}`, { ...template.rule, enabled: rule.enabled }, 200);
  }

  for (const kind of kindNames) {
    const names = ['name', ...notifierKinds[kind].fields.map(({ name }) => name)];
    const values = Object.fromEntries(names.map((name) => [name, typed[name] ?? '']));
    const { notifier } = await call<{ notifier: Notifier }>(
      'POST',
      '/notifiers',
      notifierBody(kind, values, null),
      201,
    );
    // Saved as it is: secrets stay, what the server shows of them is not sent back.
    const shown = new Map<string, unknown>(Object.entries(notifier));
    const unchanged = Object.fromEntries(
      notifierKinds[kind].fields
        .filter(({ secret }) => !secret)
        .map(({ name }) => [name, [shown.get(name)].flat().join(', ')]),
    );
    const body = notifierBody(kind, { name: 'renamed', ...unchanged }, notifier);
    const after = await call<Notifier>('PATCH', `/notifiers/${notifier.id}`, body, 200);
    assert.deepEqual(after, { ...notifier, name: 'renamed' });
  }
  // Whatever the clock of the fixture shows.
  const times = { kind: 'once', fromMs: 1, toMs: Date.UTC(2100, 0) };
  const window = { name: 'Work on db1', times, target: { hosts: [], sets: [], tags: ['prod'] } };
  const made = await call<{ id: string; active: boolean }>('POST', '/maintenance-windows', window, 201);
  assert.equal(made.active, true);
  const ended = { times: { ...times, toMs: 2 } };
  const over = await call<{ active: boolean }>('PATCH', `/maintenance-windows/${made.id}`, ended, 200);
  assert.equal(over.active, false);
  assert.deepEqual(await read('/dead-letters'), []);
  assert.deepEqual(await read('/alerts?state=active&limit=5000'), []);
  await call('GET', '/alerts/al_unknown', {}, 404);
});
