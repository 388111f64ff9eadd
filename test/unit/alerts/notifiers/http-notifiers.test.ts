import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import type { NotifierChannel, NotifierSettings } from '../../../../src/alerts/delivery/ports.ts';
import { alertmanager } from '../../../../src/alerts/notifiers/alertmanager.ts';
import { opsgenie } from '../../../../src/alerts/notifiers/opsgenie.ts';
import { pagerduty } from '../../../../src/alerts/notifiers/pagerduty.ts';
import { slack } from '../../../../src/alerts/notifiers/slack.ts';
import { teams } from '../../../../src/alerts/notifiers/teams.ts';
import { webhook } from '../../../../src/alerts/notifiers/webhook.ts';
import {
  acknowledgedNotice,
  aNotice,
  closedNotice,
  digestNotice,
  lagAlert,
  openOutbound,
  plainSettings,
  sendBy,
  testNotice,
} from '../../../support/notice.ts';

interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly json: unknown;
}
const received: Received[] = [];
let answer: (response: ServerResponse) => void = accept;
let origin = '';
function accept(response: ServerResponse): void {
  response.writeHead(202).end('accepted');
}
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const json: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
    received.push({ method: request.method, path: request.url, headers: request.headers, json });
    answer(response);
  });
});
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

type Sending = Parameters<typeof sendBy>;

/** What arrives for each notice; every one is taken. */
async function arrivals(
  channel: NotifierChannel,
  settings: NotifierSettings,
  secrets: Sending[2],
  notices: readonly Sending[3][],
): Promise<readonly Received[]> {
  received.length = 0;
  for (const notice of notices) {
    const outcome = await sendBy(channel, settings, secrets, notice);
    assert.deepEqual({ ...outcome }, { result: 'delivered', detail: 'HTTP 202', body: 'accepted' });
  }
  for (const { method, headers } of received) {
    assert.deepEqual([method, headers['content-type']], ['POST', 'application/json']);
  }
  return [...received];
}
const everyNotice = [aNotice(), acknowledgedNotice, closedNotice, digestNotice, testNotice];

test('Slack gets blocks within its limits, with what it reserves escaped', async () => {
  const text = (most: number) => z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(most) });
  const block = z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('header'),
      text: z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150), emoji: z.boolean() }),
    }),
    z.strictObject({ type: z.literal('section'), text: text(3000) }),
    z.strictObject({ type: z.literal('context'), elements: z.array(text(3000)).min(1).max(10) }),
  ]);
  const body = z.strictObject({ text: z.string().min(1), blocks: z.array(block).min(1).max(50) });
  const settings = {
    kind: 'slack',
    ...plainSettings,
    digestMinutes: null,
    url: 'https://hooks.slack.com/…abcd',
  } as const;
  const long = aNotice({ alert: { ...lagAlert, title: 'x'.repeat(500), detail: 'y'.repeat(9000) } });
  const all = await arrivals(slack(openOutbound), settings, { url: `${origin}/services/T/B/xyz` }, [
    ...everyNotice,
    long,
  ]);
  const [opened = '', acknowledged = '', closed = '', digest = ''] = all.map(({ json }) =>
    JSON.stringify(body.parse(json)),
  );
  assert.equal(all[0]?.path, '/services/T/B/xyz', 'the whole address, which is not shown');
  assert.match(opened, /Warning: checkout-3 is 4 min 12 s behind its primary/);
  assert.match(opened, /Look at &lt;its&gt; disk &amp; network/);
  assert.match(acknowledged, /Acknowledged by eve@example.net: .*the import runs/);
  assert.match(closed, /Over: checkout-3.*\*Lasted:\* 10 min/);
  assert.match(digest, /Alerts: 30 opened, 10 closed.*Bad: checkout-1 is down.*lasted 1 min 30 s.*and 38 more/);
});

test('Teams gets an adaptive card of less than 28 KB', async () => {
  const element = z.looseObject({ type: z.enum(['TextBlock', 'FactSet']) });
  const card = z.strictObject({
    $schema: z.string(),
    type: z.literal('AdaptiveCard'),
    version: z.literal('1.4'),
    body: z.array(element).min(2),
    actions: z.array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string(), url: z.url() })),
  });
  const body = z.strictObject({
    type: z.literal('message'),
    attachments: z.tuple([
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: card,
      }),
    ]),
  });
  const settings = { kind: 'teams', ...plainSettings, digestMinutes: null, url: 'https://x/…' } as const;
  const item = { kind: 'alert.opened' as const, atMs: 0, alert: { ...lagAlert, title: '_*['.repeat(300) } };
  const huge = { ...digestNotice, items: Array.from({ length: 50 }, () => item) };
  const all = await arrivals(teams(openOutbound), settings, { url: `${origin}/workflows/1` }, [...everyNotice, huge]);
  for (const { json } of all) {
    body.parse(json);
    assert.ok(JSON.stringify(json).length < 28_000);
  }
});

test('PagerDuty gets events v2: an incident per alert, acknowledged and resolved by its key; a test leaves none', async () => {
  const details = z.record(z.string(), z.string());
  const event = z.discriminatedUnion('event_action', [
    z.strictObject({
      routing_key: z.literal('R123'),
      event_action: z.literal('trigger'),
      dedup_key: z.string().max(255),
      client: z.string(),
      client_url: z.url(),
      links: z.array(z.strictObject({ href: z.url(), text: z.string() })),
      payload: z.strictObject({
        summary: z.string().min(1).max(1024),
        source: z.string().min(1),
        severity: z.enum(['critical', 'error', 'warning', 'info']),
        timestamp: z.iso.datetime(),
        component: z.string(),
        group: z.string(),
        class: z.string(),
        custom_details: details,
      }),
    }),
    z.strictObject({
      routing_key: z.literal('R123'),
      event_action: z.enum(['acknowledge', 'resolve']),
      dedup_key: z.string().max(255),
    }),
  ]);
  const settings = { kind: 'pagerduty', ...plainSettings, url: `${origin}/v2/enqueue` } as const;
  const many = { ...digestNotice, kind: 'alerts.many' } as const;
  const over = aNotice({ kind: 'alerts.manyClosed', alert: null });
  const notices = [aNotice(), acknowledgedNotice, closedNotice, testNotice, many, over];
  const all = await arrivals(pagerduty(openOutbound), settings, { routingKey: 'R123' }, notices);
  const events = all.map(({ json }) => event.parse(json));
  assert.deepEqual(
    events.map(({ event_action, dedup_key }) => `${event_action} ${dedup_key}`),
    [
      'trigger leafward-g_1-al_1',
      'acknowledge leafward-g_1-al_1',
      'resolve leafward-g_1-al_1',
      'trigger leafward-g_1-d_1',
      'resolve leafward-g_1-d_1',
      'trigger leafward-g_1-many',
      'resolve leafward-g_1-many',
    ],
  );
  const severities = events.flatMap((each) => (each.event_action === 'trigger' ? each.payload.severity : []));
  assert.deepEqual(severities, ['warning', 'info', 'critical']);
});

test('Opsgenie gets an alert by its alias, which is acknowledged and closed', async () => {
  const created = z.strictObject({
    message: z.string().min(1).max(130),
    alias: z.string().max(512),
    description: z.string().max(15_000),
    priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']),
    source: z.string().max(100),
    entity: z.string().max(512),
    tags: z.array(z.string().max(50)).max(20),
    details: z.record(z.string(), z.string()),
  });
  const settings = { kind: 'opsgenie', ...plainSettings, url: `${origin}/` } as const;
  const bad = aNotice({ alert: { ...lagAlert, severity: 'bad' } });
  const notices = [bad, acknowledgedNotice, closedNotice, testNotice];
  const all = await arrivals(opsgenie(openOutbound), settings, { apiKey: 'K1' }, notices);
  assert.ok(all.every(({ headers }) => headers.authorization === 'GenieKey K1'));
  assert.deepEqual(
    all.map(({ path }) => path),
    [
      '/v2/alerts',
      '/v2/alerts/leafward-g_1-al_1/acknowledge?identifierType=alias',
      '/v2/alerts/leafward-g_1-al_1/close?identifierType=alias',
      '/v2/alerts',
      '/v2/alerts/leafward-g_1-d_1/close?identifierType=alias',
    ],
  );
  assert.deepEqual(
    [all[0], all[3]].map((each) => created.parse(each?.json).priority),
    ['P1', 'P5'],
  );
});

test('Alertmanager gets a list of alerts with stable labels: open ones end later, closed ones ended', async () => {
  const body = z.array(
    z.strictObject({
      labels: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string()),
      annotations: z.record(z.string(), z.string()),
      generatorURL: z.url(),
      startsAt: z.iso.datetime(),
      endsAt: z.iso.datetime(),
    }),
  );
  const settings = { kind: 'alertmanager', ...plainSettings, url: `${origin}/am/`, username: 'leaf' } as const;
  const notices = [aNotice(), acknowledgedNotice, closedNotice, digestNotice, testNotice];
  const all = await arrivals(alertmanager(openOutbound), settings, { password: 'pä:ss' }, notices);
  assert.ok(all.every(({ path }) => path === '/am/api/v2/alerts'));
  const login = Buffer.from(String(all[0]?.headers.authorization).replace('Basic ', ''), 'base64').toString('utf8');
  assert.equal(login, 'leaf:pä:ss');
  const [opened, acknowledged, closed, digest, tested] = all.map(({ json }) => body.parse(json));
  assert.deepEqual(opened?.[0]?.labels, acknowledged?.[0]?.labels);
  assert.deepEqual(opened?.[0]?.labels, closed?.[0]?.labels);
  assert.equal(opened?.[0]?.labels['severity'], 'warning');
  assert.deepEqual(
    [opened?.[0]?.endsAt, closed?.[0]?.endsAt],
    ['2026-11-21T12:10:00.000Z', '2026-11-21T12:10:00.000Z'],
  );
  assert.deepEqual(
    digest?.map(({ labels, endsAt }) => [labels['leafward_alert'], endsAt.slice(11, 16)]),
    [
      ['al_2', '12:10'],
      ['al_1', '12:01'],
    ],
  );
  assert.equal(tested?.[0]?.labels['alertname'], 'LeafwardTest');
});

test('what a receiver answers says whether to try again, and when', async () => {
  const settings = { kind: 'webhook', ...plainSettings, digestMinutes: null, url: origin } as const;
  const said = async (act: (response: ServerResponse) => void, limit?: AbortSignal) => {
    answer = act;
    const { result, detail, retryAfterMs } = await sendBy(
      webhook(openOutbound),
      settings,
      { secret: 's' },
      aNotice(),
      limit,
    );
    return [result, detail, retryAfterMs];
  };
  const status = (code: number, headers = {}) => said((response) => response.writeHead(code, headers).end('no'));
  assert.deepEqual(await status(500), ['failed', 'HTTP 500', undefined]);
  assert.deepEqual(await status(429, { 'retry-after': '120' }), ['failed', 'HTTP 429', 120_000]);
  assert.deepEqual(await status(429, { 'retry-after': 'soon' }), ['failed', 'HTTP 429', undefined]);
  assert.deepEqual(await status(400), ['refused', 'HTTP 400', undefined]);
  assert.equal((await status(302, { location: 'http://127.0.0.1/' }))[0], 'refused');
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  const [, , later] = await status(503, { 'retry-after': date });
  assert.ok(typeof later === 'number' && later > 3_000_000 && later <= 3_600_000);
  const cut = await said((response) =>
    response.writeHead(200, { 'content-length': '99' }).write('x', () => response.destroy()),
  );
  assert.deepEqual(cut.slice(0, 1), ['failed']);
  assert.deepEqual((await said(() => {}, AbortSignal.timeout(150))).slice(0, 2), ['failed', 'no answer in time']);
  let written = 0;
  const flood = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-length': String(2 ** 30) });
    const piece = Buffer.alloc(2 ** 20);
    const more = (): void => {
      do written += piece.length;
      while (!response.destroyed && written < 2 ** 30 && response.write(piece));
    };
    response.on('drain', more);
    more();
  };
  assert.deepEqual((await said(flood)).slice(0, 2), ['delivered', 'HTTP 200']);
  assert.ok(written < 100 * 2 ** 20, 'a gigabyte is not read');
  answer = accept;
});
