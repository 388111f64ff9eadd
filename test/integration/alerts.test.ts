import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryQueue } from '../../src/alerts/delivery/delivery-queue.ts';
import { NotifierBook } from '../../src/alerts/delivery/notifier-book.ts';
import { AlertEngine } from '../../src/alerts/engine.ts';
import { AlertMemory } from '../../src/alerts/group-memory.ts';
import { verifySignature, webhook } from '../../src/alerts/notifiers/webhook.ts';
import type { AlertEvent, GroupSnapshot } from '../../src/alerts/ports.ts';
import { RuleBook } from '../../src/alerts/rule-book.ts';
import { openCredentialBox } from '../../src/server/access/credential-box.ts';
import { alertMigrations } from '../../src/storage/sqlite/alert-migrations.ts';
import { createAlertStore } from '../../src/storage/sqlite/alert-store.ts';
import { openSqlDatabase } from '../../src/storage/sqlite/open-database.ts';
import { Outbound } from '../../src/wire/outbound/outbound.ts';
import { outboundRules } from '../../src/wire/outbound/outbound-rules.ts';
import { hostView, noonMs, snapshot } from '../support/alert-snapshots.ts';
import { tempDir } from '../support/temp-dir.ts';
import { webhookReceiver } from '../support/webhook-receiver.ts';

const groupId = 'g_1';
const never = new AbortController().signal;

/** The alerting of one server life on a data directory, with a clock and a world of the test. */
async function startAlerting(dir: string, world: { nowMs: number; snapshot: () => GroupSnapshot }) {
  const database = await openSqlDatabase(dir, [{ name: 'alerts', steps: alertMigrations }]);
  const store = createAlertStore(database);
  const memory = new AlertMemory(store);
  const clock = { now: () => world.nowMs };
  const link = (id: string) => `https://leafward.example.net/g/${id}/alerts`;
  const events: AlertEvent[] = [];
  const onEvents = async (told: readonly AlertEvent[]) => void events.push(...told);
  const box = await openCredentialBox(`${dir}/secret.key`);
  const outbound = new Outbound(() => outboundRules({ allowPrivate: true, allow: [] }));
  const groupName = async () => 'Shop';
  const onReleased = (): void => queue.wake();
  const notifiers = new NotifierBook({
    memory,
    channels: [webhook(outbound)],
    box,
    clock,
    link,
    groupName,
    onReleased,
  });
  const queue: DeliveryQueue = new DeliveryQueue({ store, notifiers, clock, link, onEvents });
  const source = { groupIds: async () => [groupId], snapshot: async () => world.snapshot() };
  const engine = new AlertEngine({
    memory,
    source,
    clock,
    link,
    onEvents,
    onChanged: () => {},
    onDeliveries: () => queue.wake(),
  });
  return {
    store,
    engine,
    queue,
    notifiers,
    events,
    rules: new RuleBook(memory),
    /** So many looks, 5 s apart, each followed by what the queue would send. */
    async looks(count: number) {
      for (let done = 0; done < count; done++) {
        world.nowMs += 5_000;
        await engine.lookAtAll();
        await queue.run(never);
      }
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
}

const lost = {
  reachable: false,
  missedPolls: 9,
  sinceMs: noonMs - 120_000,
  problem: { code: 'MONGODB_UNREACHABLE', message: 'connection refused', hint: '' },
};

function aWorld() {
  const world = {
    nowMs: noonMs,
    down: false,
    watched: true,
    snapshot: () =>
      snapshot({ nowMs: world.nowMs, hosts: world.watched ? [hostView('checkout-3', world.down ? lost : {})] : [] }),
  };
  return world;
}

const aWebhook = (name: string, url: string) =>
  ({ kind: 'webhook', name, url, enabled: true, quietHours: null, digestMinutes: null }) as const;
/** With the key that signs its bodies. */
async function addWebhook({ notifiers }: Awaited<ReturnType<typeof startAlerting>>, url: string) {
  const { notifier, secret } = await notifiers.add(groupId, aWebhook('On call', url));
  assert.ok(secret !== null);
  return { notifier, secret };
}
const kinds = (bodies: readonly { readonly body: string }[]) => bodies.map(({ body }) => JSON.parse(body).kind);

test('a host that goes down and comes back is told to a webhook, signed, in order, once each', async () => {
  await using dir = tempDir('alerts');
  await using receiver = await webhookReceiver();
  const world = aWorld();
  await using alerting = await startAlerting(dir.path, world);
  const { notifier, secret } = await addWebhook(alerting, receiver.url);
  await alerting.looks(2);
  assert.deepEqual(alerting.engine.active(groupId), []);

  world.down = true;
  await alerting.looks(3);
  const [open] = alerting.engine.active(groupId);
  assert.equal(open?.title, 'checkout-3 is down, no answer for 2 min 15 s');
  assert.match(open?.detail ?? '', /connection refused/);
  const acknowledged = await alerting.engine.acknowledge(groupId, open?.id ?? '', 'eve@example.net');
  assert.equal(acknowledged.state, 'acknowledged');
  assert.deepEqual(await alerting.engine.acknowledge(groupId, open?.id ?? '', 'bob@example.net'), acknowledged);

  world.down = false;
  await alerting.looks(8);
  assert.deepEqual(alerting.engine.active(groupId), []);
  const [closed] = await alerting.store.alerts(groupId, { limit: 10 });
  assert.equal(closed?.state, 'closed');
  assert.equal(closed?.acknowledgedBy, 'eve@example.net');
  await assert.rejects(alerting.engine.acknowledge(groupId, open?.id ?? '', 'eve'), { code: 'CONFLICT' });
  await assert.rejects(alerting.engine.acknowledge('g_2', open?.id ?? '', 'eve'), { code: 'NOT_FOUND' });

  assert.deepEqual(kinds(receiver.received), ['alert.opened', 'alert.acknowledged', 'alert.closed']);
  for (const { headers, body } of receiver.received) {
    const signature = String(headers['leafward-signature']);
    assert.ok(verifySignature(signature, body, secret, world.nowMs));
    assert.ok(!verifySignature(signature, body.replace('checkout-3', 'checkout-4'), secret, world.nowMs));
    assert.ok(!verifySignature(signature, body, `${secret}x`, world.nowMs));
    assert.ok(!verifySignature(signature, body, secret, world.nowMs + 600_000));
    assert.equal(headers['leafward-delivery'], JSON.parse(body).id);
  }
  const first = JSON.parse(receiver.received[0]?.body ?? '');
  assert.equal(first.link, `https://leafward.example.net/g/g_1/alerts/${first.alert.id}`);
  assert.equal(first.alert.subject.label, 'checkout-3:27017');
  assert.deepEqual(
    alerting.events.map((event) => event.kind),
    ['alertOpened', 'alertAcknowledged', 'alertClosed'],
  );
  const [told] = await alerting.notifiers.notifiers(groupId);
  assert.deepEqual([told?.id, told?.lastAttempt?.detail], [notifier.id, 'HTTP 200']);
});

test('a restart while the condition is pending neither forgets nor hurries it, and an open alert stays the same one', async () => {
  await using dir = tempDir('alerts');
  const world = aWorld();
  {
    await using first = await startAlerting(dir.path, world);
    await first.rules.change(groupId, 'default-hostDown', { forMs: 60_000 });
    world.down = true;
    await first.looks(9);
  }
  world.nowMs += 3_600_000;
  const opened: string[] = [];
  {
    await using second = await startAlerting(dir.path, world);
    await second.looks(2);
    assert.deepEqual(second.engine.active(groupId), [], 'the hour without a server does not count');
    await second.looks(3);
    opened.push(...second.engine.active(groupId).map(({ id }) => id));
    assert.equal(opened.length, 1);
  }
  await using third = await startAlerting(dir.path, world);
  await third.looks(3);
  const still = third.engine.active(groupId).map(({ id }) => id);
  assert.deepEqual(still, opened);
});

test('what a dead receiver misses is kept through a restart and delivered in order, with the same ids', async () => {
  await using dir = tempDir('alerts');
  const world = aWorld();
  const gone = await webhookReceiver();
  const port = Number(new URL(gone.url).port);
  await gone[Symbol.asyncDispose]();
  let firstId: string | undefined;
  {
    await using first = await startAlerting(dir.path, world);
    await first.notifiers.add(groupId, aWebhook('On call', gone.url));
    world.down = true;
    await first.looks(2);
    world.down = false;
    await first.looks(8);
    firstId = (await first.store.headDeliveries())[0]?.id;
    const [notifier] = await first.notifiers.notifiers(groupId);
    const { ok, detail } = notifier?.lastAttempt ?? {};
    assert.deepEqual({ ok, detail }, { ok: false, detail: 'nothing listens there (connection refused)' });
  }
  await using receiver = await webhookReceiver(port);
  await using second = await startAlerting(dir.path, world);
  world.nowMs += 3_600_000;
  await second.queue.run(never);
  assert.deepEqual(kinds(receiver.received), ['alert.opened', 'alert.closed']);
  assert.equal(receiver.received[0]?.headers['leafward-delivery'], firstId);
  assert.deepEqual(await second.store.headDeliveries(), []);
});

test('a receiver that fails is asked again ever later; one that refuses is given up after five tries and told of', async () => {
  await using dir = tempDir('alerts');
  await using receiver = await webhookReceiver();
  const world = aWorld();
  await using alerting = await startAlerting(dir.path, world);
  await alerting.notifiers.add(groupId, aWebhook('On call', receiver.url));
  receiver.answer = 503;
  world.down = true;
  await alerting.looks(1);
  const waits: number[] = [];
  for (let tries = 0; tries < 8; tries++) {
    const [head] = await alerting.store.headDeliveries();
    waits.push(((head?.nextAtMs ?? 0) - world.nowMs) / 1000);
    world.nowMs = head?.nextAtMs ?? 0;
    await alerting.queue.run(never);
  }
  assert.deepEqual(waits, [5, 15, 45, 135, 405, 900, 900, 900]);
  assert.equal(receiver.received.length, 9);

  receiver.answer = 302;
  world.nowMs += 900_000;
  await alerting.queue.run(never);
  assert.deepEqual(await alerting.store.headDeliveries(), []);
  const failed = alerting.events.find((event) => event.kind === 'notificationFailed');
  assert.match(failed?.message ?? '', /On call was given up: HTTP 302: redirects are not followed/);
  assert.ok(!JSON.stringify(alerting.events).includes('s3cret'), 'the address may hold a token');
});

test('an alert closes when its rule is switched off or its host is no longer watched, and says why', async () => {
  await using dir = tempDir('alerts');
  const world = aWorld();
  await using alerting = await startAlerting(dir.path, world);
  world.down = true;
  await alerting.looks(1);
  await alerting.rules.change(groupId, 'default-hostDown', { enabled: false });
  await alerting.looks(1);
  await alerting.rules.change(groupId, 'default-hostDown', { enabled: true });
  await alerting.looks(1);
  world.watched = false;
  await alerting.looks(1);
  const details = (await alerting.store.alerts(groupId, { limit: 10 })).map(({ state, detail }) => [
    state,
    detail.split('. ')[0],
  ]);
  assert.deepEqual(details, [
    ['closed', 'checkout-3:27017 is no longer watched'],
    ['closed', 'Its rule was removed or switched off'],
  ]);
});

test('rules are checked, built-in ones stay, and a removed notifier leaves the rules that named it', async () => {
  await using dir = tempDir('alerts');
  await using receiver = await webhookReceiver();
  await using alerting = await startAlerting(dir.path, aWorld());
  const { rules, notifiers } = alerting;
  const target = { hostPattern: '', hostTypes: [], sets: [], clusters: [], tags: [] };
  const base = {
    name: 'CPU',
    target,
    forMs: 0,
    closeAfterMs: 30_000,
    severity: 'warn',
    enabled: true,
    repeatMs: null,
  } as const;
  const metric = { kind: 'metric', metric: 'cpu.busy' } as const;
  await assert.rejects(rules.add(groupId, { ...base, condition: metric, steps: [] }), { code: 'INPUT_INVALID' });
  await assert.rejects(
    rules.add(groupId, { ...base, condition: { ...metric, above: 80 }, steps: [{ afterMs: 0, notifierIds: ['n_x'] }] }),
    {
      code: 'INPUT_INVALID',
    },
  );
  await assert.rejects(rules.remove(groupId, 'default-hostDown'), { code: 'CONFLICT' });
  await assert.rejects(notifiers.add(groupId, aWebhook('x', 'file:///etc/passwd')), { code: 'INPUT_INVALID' });

  const { notifier } = await notifiers.add(groupId, aWebhook('On call', receiver.url));
  const rule = await rules.add(groupId, {
    ...base,
    condition: { ...metric, above: 80 },
    steps: [{ afterMs: 0, notifierIds: [notifier.id] }],
  });
  assert.equal((await notifiers.test(groupId, notifier.id, never)).notifier.lastAttempt?.ok, true);
  assert.deepEqual(kinds(receiver.received), ['test']);
  await notifiers.remove(groupId, notifier.id);
  assert.deepEqual((await rules.rules(groupId)).find(({ id }) => id === rule.id)?.steps, [
    { afterMs: 0, notifierIds: [] },
  ]);
  await rules.remove(groupId, rule.id);
  assert.equal(
    (await rules.rules(groupId)).some(({ id }) => id === rule.id),
    false,
  );
  const others = await rules.rules('g_2');
  assert.ok(others.length > 0 && others.every(({ builtIn }) => builtIn));
});

test('a receiver that does not answer holds up no other notifier', async () => {
  await using dir = tempDir('alerts');
  await using slow = await webhookReceiver();
  await using quick = await webhookReceiver();
  slow.answer = 'hang';
  const world = aWorld();
  await using alerting = await startAlerting(dir.path, world);
  await alerting.notifiers.add(groupId, aWebhook('Slow', slow.url));
  await alerting.notifiers.add(groupId, aWebhook('Quick', quick.url));
  world.down = true;
  world.nowMs += 5_000;
  await alerting.engine.lookAtAll();
  const stopping = new AbortController();
  const running = alerting.queue.run(stopping.signal);
  while (quick.received.length === 0 || slow.received.length === 0) await new Promise(setImmediate);
  stopping.abort();
  await running;
  // The try that the stop cut off is not counted: it is made again.
  const [kept] = await alerting.store.headDeliveries();
  assert.deepEqual({ attempts: kept?.attempts }, { attempts: 0 });
});
