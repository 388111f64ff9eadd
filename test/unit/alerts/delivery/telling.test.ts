import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resendToAlertmanagers } from '../../../../src/alerts/delivery/alertmanager-resend.ts';
import { noonMs } from '../../../support/alert-snapshots.ts';
import { startTelling, type TellingWorld, taken, tellingGroup, tellingWorld } from '../../../support/telling.ts';

const minute = 60_000;
const hour = 60 * minute;

/** Host rules alone speak, at once and as `bad`; `warn` on request. */
async function onlyHostDown({ rules }: ReturnType<typeof startTelling>, more: object = {}): Promise<void> {
  for (const { id } of await rules.rules(tellingGroup)) {
    await rules.change(
      tellingGroup,
      id,
      id === 'default-hostDown' ? { forMs: 0, repeatMs: null, ...more } : { enabled: false },
    );
  }
}
function worldOf(count: number): TellingWorld {
  return tellingWorld(Array.from({ length: count }, (_, index) => `db${index}`));
}

test('what was planned before a restart is told after it: steps, repeats and the end, each once', async () => {
  const world = worldOf(1);
  const first = startTelling(world);
  const { notifier: a } = await first.add({ kind: 'webhook', name: 'a' });
  const { notifier: b } = await first.add({ kind: 'webhook', name: 'b' });
  const steps = [
    { afterMs: 0, notifierIds: [a.id] },
    { afterMs: 10 * minute, notifierIds: [b.id] },
  ];
  await onlyHostDown(first, { steps, repeatMs: 15 * minute });
  world.down.add('db0');
  await first.pass(5 * minute);
  assert.deepEqual(taken(world), ['a: opened db0']);
  world.nowMs += 3 * minute;
  const second = startTelling(world);
  await second.pass(2 * minute + 10_000);
  assert.deepEqual(taken(world), ['b: opened db0'], 'ten minutes, those without a server included');
  const third = startTelling(world);
  await third.pass(6 * minute);
  assert.deepEqual(taken(world), ['a: repeated db0', 'b: repeated db0']);
  world.down.delete('db0');
  const fourth = startTelling(world);
  await fourth.pass(minute);
  assert.deepEqual(taken(world), ['a: closed db0', 'b: closed db0']);
  assert.deepEqual(await fourth.store.plans(tellingGroup), []);
  await fourth.pass(hour, minute);
  assert.deepEqual(taken(world), []);
});

test('a crash between the store and the sending loses nothing and tells with the same id', async () => {
  const world = worldOf(1);
  const first = startTelling(world);
  await first.add({ kind: 'webhook', name: 'a' });
  await onlyHostDown(first);
  world.down.add('db0');
  world.nowMs += 5_000;
  await first.engine.lookAtAll();
  const [waiting] = await first.store.headDeliveries();
  const second = startTelling(world);
  await second.pass(5_000);
  assert.deepEqual(
    world.sent.map(({ notice }) => notice.id),
    [waiting?.id],
  );
});

test('in a maintenance window alerts are recorded and marked; what is open at its end is told then', async () => {
  const world = worldOf(2);
  const alerting = startTelling(world);
  await alerting.add({ kind: 'mail', name: 'ops' });
  await onlyHostDown(alerting);
  const window = await alerting.windows.add(
    tellingGroup,
    {
      name: 'Patches',
      enabled: true,
      times: { kind: 'once', fromMs: world.nowMs, toMs: world.nowMs + 10 * minute },
      target: { hosts: [], sets: [], tags: ['db0'] },
    },
    'eve@example.net',
  );
  assert.deepEqual([window.active, window.createdBy], [true, 'eve@example.net']);
  world.down.add('db0').add('db1');
  await alerting.pass(5 * minute);
  assert.deepEqual(taken(world), ['ops: opened db1']);
  const marks = () =>
    new Map(alerting.engine.active(tellingGroup).map((alert) => [alert.subject.id, alert.maintenance]));
  assert.deepEqual(marks().get('h_db0'), { windowId: window.id, name: 'Patches', untilMs: noonMs + 10 * minute });
  assert.equal(marks().get('h_db1'), null);
  const again = startTelling(world);
  await again.pass(5 * minute);
  assert.deepEqual(taken(world), ['ops: opened db0']);
  assert.equal(again.engine.active(tellingGroup).find(({ subject }) => subject.id === 'h_db0')?.maintenance, null);
  assert.equal((await again.windows.windows(tellingGroup))[0]?.active, false);
});

test('quiet hours hold back what is not bad, and one message tells of it when they end', async () => {
  const world = worldOf(3);
  const alerting = startTelling(world);
  const quietHours = { start: '12:00', end: '13:00', timeZone: 'UTC' };
  await alerting.add({ kind: 'mail', name: 'mail', quietHours });
  await alerting.add({ kind: 'pagerduty', name: 'pager', quietHours });
  await onlyHostDown(alerting, { severity: 'warn' });
  world.down.add('db0').add('db1');
  await alerting.pass(5 * minute);
  world.down.delete('db1');
  await alerting.pass(5 * minute);
  assert.deepEqual(taken(world), []);
  await alerting.rules.change(tellingGroup, 'default-hostDown', { severity: 'bad' });
  world.down.add('db2');
  await alerting.pass(5_000);
  assert.deepEqual(taken(world).toSorted(), ['mail: opened db2', 'pager: opened db2']);
  const restarted = startTelling(world);
  await restarted.pass(50 * minute, minute);
  assert.deepEqual(taken(world).toSorted(), [
    'mail: digest 2 of {"opened":1,"closed":1,"other":0}',
    'pager: opened db0',
  ]);
});

test('a digest is one message of all that happened; when it is switched off what waits goes out at once', async () => {
  const world = worldOf(4);
  const alerting = startTelling(world);
  const { notifier } = await alerting.add({ kind: 'slack', name: 'slack', digestMinutes: 30 });
  await onlyHostDown(alerting);
  world.down.add('db0').add('db1');
  await alerting.pass(29 * minute, 30_000);
  world.down.delete('db0');
  assert.deepEqual(taken(world), []);
  await alerting.pass(minute, 30_000);
  assert.deepEqual(taken(world), ['slack: digest 2 of {"opened":2,"closed":0,"other":0}']);
  world.down.add('db2');
  await alerting.pass(2 * minute);
  assert.deepEqual(taken(world), []);
  await alerting.notifiers.change(tellingGroup, notifier.id, { digestMinutes: null });
  await alerting.pass(5_000);
  assert.deepEqual(taken(world), ['slack: digest 2 of {"opened":1,"closed":1,"other":0}']);
  world.down.add('db3');
  await alerting.pass(5_000);
  assert.deepEqual(taken(world), ['slack: opened db3']);
});

test('thousands of alerts at once: nobody gets thousands of messages, nothing is lost, and each end is told', async () => {
  const count = 2_000;
  const world = worldOf(count);
  const alerting = startTelling(world);
  for (const kind of ['mail', 'webhook', 'pagerduty', 'snmp'] as const) await alerting.add({ kind, name: kind });
  await onlyHostDown(alerting);
  for (const host of world.hosts) world.down.add(host);
  await alerting.pass(5_000);
  await alerting.pass(65_000, 65_000);
  const messages = (name: string) => world.sent.filter(({ to }) => to === name);
  const kindsOf = (name: string) => [...new Set(messages(name).map(({ notice }) => notice.kind))];
  assert.equal(messages('mail').length, 11);
  const digest = messages('mail').at(-1)?.notice;
  assert.deepEqual([digest?.items?.length, digest?.more, digest?.counts?.opened], [50, count - 60, count - 10]);
  assert.equal(messages('snmp').length, 11);
  assert.deepEqual([messages('pagerduty').length, kindsOf('pagerduty')], [11, ['alert.opened', 'alerts.many']]);
  const told = new Set(
    messages('webhook').flatMap(({ notice }) =>
      [notice.alert?.id ?? [], ...(notice.items ?? []).map((item) => item.alert.id)].flat(),
    ),
  );
  assert.deepEqual([told.size, messages('webhook').length], [count, 60 + Math.ceil((count - 60) / 100)]);
  world.sent.length = 0;
  world.down.clear();
  await alerting.pass(60_000, 15_000);
  await alerting.pass(65_000, 65_000);
  assert.deepEqual(alerting.engine.active(tellingGroup), []);
  const pager = messages('pagerduty').map(({ notice }) => notice.kind);
  assert.deepEqual([pager.length, pager.filter((kind) => kind === 'alerts.manyClosed').length], [11, 1]);
  assert.ok(messages('mail').length <= 11);
  assert.deepEqual(await alerting.store.headDeliveries(), []);
  assert.deepEqual(await alerting.store.heldUntil(), []);
});

test('a receiver that asks for time gets it; one that never takes it is given up after a day, and can be tried again', async () => {
  const world = worldOf(1);
  const alerting = startTelling(world);
  await alerting.add({ kind: 'webhook', name: 'a' });
  await onlyHostDown(alerting);
  world.answer = () => ({ result: 'failed', detail: 'HTTP 429', retryAfterMs: 20 * minute });
  world.down.add('db0');
  await alerting.pass(5_000);
  const [head] = await alerting.store.headDeliveries();
  assert.equal((head?.nextAtMs ?? 0) - world.nowMs, 20 * minute);
  world.answer = () => ({ result: 'failed', detail: 'HTTP 500', retryAfterMs: 5 * hour });
  await alerting.pass(25 * hour, 10 * minute);
  assert.deepEqual(taken(world), []);
  assert.ok(world.events.some(({ kind, message }) => kind === 'notificationFailed' && message.includes('HTTP 500')));
  const [letter] = await alerting.store.deadLetters(tellingGroup);
  assert.ok((letter?.attempts ?? 0) >= 24, 'five hours are more than it gets: an hour at most');
  assert.deepEqual([letter?.notifierName, letter?.kind], ['a', 'alert.opened']);
  world.answer = () => ({ result: 'delivered', detail: 'HTTP 200' });
  assert.ok(await alerting.store.retryDeadLetter(tellingGroup, letter?.id ?? '', world.nowMs));
  alerting.queue.wake();
  await alerting.pass(5_000);
  assert.deepEqual(taken(world), ['a: opened db0']);
  const [told] = await alerting.store.notificationsOf(tellingGroup, letter?.alertId ?? '');
  assert.deepEqual([told?.state, told?.notifierName], ['delivered', 'a']);
});

test('of dead letters a thousand stay, the newest', async () => {
  const world = worldOf(1);
  const alerting = startTelling(world);
  const { notifier } = await alerting.add({ kind: 'webhook', name: 'a' });
  await onlyHostDown(alerting);
  world.answer = () => ({ result: 'delivered', detail: 'HTTP 200' });
  world.down.add('db0');
  await alerting.pass(5_000);
  const [sent] = world.sent;
  const delivery = {
    id: '',
    groupId: tellingGroup,
    notifierId: notifier.id,
    alertId: null,
    kind: 'test',
    createdAtMs: 1,
    nextAtMs: 1,
    heldUntilMs: 0,
    attempts: 1,
    detail: '',
    body: JSON.stringify(sent?.notice),
  } as const;
  const end = { state: 'givenUp', atMs: 2, detail: 'x', notifierName: 'a', title: 'Test' } as const;
  for (let at = 0; at < 1003; at++) await alerting.store.endDelivery({ ...delivery, id: `d_${at}` }, end);
  const letters = await alerting.store.deadLetters(tellingGroup);
  assert.deepEqual([letters.length, letters[0]?.id, letters.at(-1)?.id], [1000, 'd_1002', 'd_3']);
});

test('Alertmanager hears again of what is open, and of nothing else', async () => {
  const world = worldOf(3);
  const alerting = startTelling(world);
  await alerting.add({ kind: 'alertmanager', name: 'am' });
  await onlyHostDown(alerting);
  world.down.add('db0').add('db1');
  await alerting.pass(5_000);
  world.down.delete('db1');
  await alerting.pass(minute);
  taken(world);
  const { memory, notifiers, queue } = alerting;
  const parts = { memory, notifiers, queue, clock: { now: () => world.nowMs }, link: () => 'https://x.example.net/' };
  await resendToAlertmanagers(parts, [tellingGroup], new AbortController().signal);
  const [again] = world.sent;
  assert.deepEqual(
    again?.notice.items?.map(({ alert }) => alert.subject.id),
    ['h_db0'],
  );
  taken(world);
  world.answer = () => ({ result: 'failed', detail: 'HTTP 500' });
  world.down.delete('db0');
  await alerting.pass(minute);
  world.answer = () => ({ result: 'delivered', detail: 'HTTP 200' });
  await resendToAlertmanagers(parts, [tellingGroup], new AbortController().signal);
  assert.deepEqual(taken(world), [], 'the end that waits goes first');
});

test('a notifier keeps its secrets to the address that they were typed for', async () => {
  const alerting = startTelling(worldOf(0));
  const { notifier } = await alerting.add({ kind: 'pagerduty', name: 'pager' });
  const change = (given: object) => alerting.notifiers.change(tellingGroup, notifier.id, given);
  await assert.rejects(change({ url: 'https://evil.example.net/' }), {
    code: 'INPUT_INVALID',
    message: /routingKey again/,
  });
  await change({ url: 'https://events.eu.example.net/', routingKey: 'R2' });
  await change({ name: 'Pager of the night' });
  await assert.rejects(change({ to: ['a@example.net'] }), { code: 'INPUT_INVALID', message: /has no field to/ });
  const { notifier: slack } = await alerting.add({
    kind: 'slack',
    name: 's',
    url: 'https://hooks.slack.com/services/T/B/s3cret',
  });
  assert.ok(!JSON.stringify(slack.settings).includes('s3cret/'), 'only its end is shown');
  const shown = slack.settings.kind === 'slack' ? slack.settings.url : '';
  assert.equal(shown, 'https://hooks.slack.com/…cret');
  const same = await alerting.notifiers.change(tellingGroup, slack.id, { url: shown, name: 'Team' });
  assert.match(Buffer.from(same.sealedSecret).toString(), /services\/T\/B\/s3cret/, 'what was shown is no new address');
  const moved = await alerting.notifiers.change(tellingGroup, slack.id, {
    url: 'https://hooks.slack.com/services/new1',
  });
  assert.match(Buffer.from(moved.sealedSecret).toString(), /services\/new1/);
});
