import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import * as fixture from './alert-fixture-data.ts';
import { type Opened, PagesBrowser, violationsOf } from './pages-browser.ts';
import { hosts, topology } from './pages-fixture-data.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());
const open: PagesBrowser['open'] = (...args) => browser.open(...args);

const gone = { state: 'detached' } as const;
const nodes = (page: Page) => page.evaluate(() => document.querySelectorAll('*').length);
const bodies = ({ server }: Opened, path: RegExp) =>
  server.changes.filter((change) => path.test(change.path)).map(({ method, body }) => [method, body]);

/** Each page with what is opened on it before it is looked at. */
const pages: readonly (readonly [path: string, ready: string, act?: (page: Page) => Promise<unknown>])[] = [
  ['/g/g1/alerts', 'table.alerts a', (page) => page.getByRole('button', { name: /^Acknowledge legacy/ }).click()],
  ['/g/g1/alerts?state=acknowledged', 'table.alerts a'],
  ['/g/g1/alerts/a1', '.alert-plot'],
  [
    '/g/g1/settings/alerts',
    'table.listed',
    (page) => page.getByRole('button', { name: /^Change Replication/ }).click(),
  ],
  ['/g/g1/settings/alerts/r-connections', '.strip'],
  [
    '/g/g1/settings/notifiers',
    'table.letters',
    (page) => page.getByRole('button', { name: 'Edit database team' }).click(),
  ],
  [
    '/g/g1/settings/maintenance',
    'table.listed',
    (page) => page.getByRole('button', { name: 'Edit weekly patches' }).click(),
  ],
  ['/g/g1/settings/hosts', 'table.hosts a', (page) => page.getByLabel('Choose checkout-2.example.net:27017').check()],
];

for (const [width, height, colorScheme] of [
  [1440, 1000, 'light'],
  [390, 844, 'dark'],
] as const) {
  test(`at ${width} px, ${colorScheme}: no axe violations, nothing scrolls sideways, no errors`, async () => {
    await using opened = await open(pages[0]?.[0] ?? '', { viewport: { width, height }, colorScheme, bypassCSP: true });
    const { page, server, errors } = opened;
    // Wide, every page is looked at elsewhere as it opens; here what is opened on it.
    for (const [path, ready, act] of width > 1000 ? pages.filter(([, , opens]) => opens !== undefined) : pages) {
      if (path !== pages[0]?.[0]) await page.goto(server.url + path);
      await page.locator(ready).first().waitFor();
      await act?.(page);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${path} scrolls sideways`);
      assert.deepEqual(await violationsOf(page), [], path);
      assert.deepEqual(errors, [], path);
    }
  });
}

test('5,000 alerts: a bounded number of nodes at both ends, and the focus stays where it is while one scrolls', async () => {
  await using opened = await open('/g/g1/alerts', {}, ({ alerting }) => {
    alerting.alerts = fixture.alerts(5000).slice(0, 5000);
  });
  const { page } = opened;
  const table = page.locator('table.alerts');
  await table.locator('a').first().waitFor();
  assert.equal(await table.getAttribute('aria-rowcount'), String(4998 + 303 + 1));
  assert.ok((await nodes(page)) < 900, `${await nodes(page)} nodes`);
  await table.locator('a').first().focus();
  const focused = () => page.evaluate(() => document.activeElement?.closest('tr')?.ariaRowIndex ?? null);
  const at = await eventually(
    async () => {
      for (let step = 0; step < 10; step++) await page.keyboard.press('ArrowDown');
      const row = Number(await focused());
      return row > 40 && row;
    },
    { what: 'the focus below row 40' },
  );
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await table.locator('tr[aria-rowindex="5302"]').waitFor();
  assert.equal(await focused(), String(at));
  assert.ok((await nodes(page)) < 900, `${await nodes(page)} nodes at the end`);
  await page.getByLabel('Filter by host, rule or words').fill('set299 is');
  await eventually(
    async () => (await page.getByRole('status').allTextContents()).some((text) => /^\d+ of 4,998/.test(text)),
    {
      what: 'the filter',
    },
  );
});

test('the alerts of a set are acknowledged together, until a time and with a note; one is opened again', async () => {
  await using opened = await open('/g/g1/alerts');
  const { page } = opened;
  await page.getByLabel('Choose all of checkout').check();
  await page.getByRole('region', { name: 'Chosen alerts' }).getByRole('button', { name: 'Acknowledge' }).click();
  const dialog = page.getByRole('dialog', { name: 'Acknowledge 2 alerts' });
  await dialog.getByLabel('For 4 hours').check();
  await dialog.getByLabel(/Note/).fill('the disks are swapped');
  const before = Date.now();
  await dialog.getByRole('button', { name: 'Acknowledge' }).click();
  await dialog.waitFor(gone);
  const [[, body] = []] = bodies(opened, /alerts\/acknowledge$/);
  const { ids, untilMs, note } = body as { ids: string[]; untilMs: number; note: string };
  assert.deepEqual([ids, note], [['a1', 'a4'], 'the disks are swapped']);
  assert.ok(Math.abs(untilMs - before - 4 * 3_600_000) < 10 * 60_000);
  await page.getByRole('button', { name: /^Acknowledged/ }).click();
  await page.getByText('the disks are swapped').first().waitFor();
  await page.getByRole('button', { name: /^Open again checkout-3/ }).click();
  await page.getByRole('button', { name: /^Open again checkout-3/ }).waitFor(gone);
});

test('an alert shows its metric, who was told, the maintenance that silences it, and the host at that time', async () => {
  await using opened = await open('/g/g1/alerts/a1');
  const { page } = opened;
  await page.getByRole('heading', { level: 1, name: 'checkout-3 is 4 min 12 s behind its primary' }).waitFor();
  await page.getByRole('img', { name: /the alert opened at .* the limit is 2 min/ }).waitFor();
  await page.getByText('Silenced by the maintenance “resize of the disks of checkout”').waitFor();
  await page.getByRole('row', { name: /ops channel that it opened Given up/ }).waitFor();
  const link = (await page.getByRole('link', { name: 'The host at that time' }).getAttribute('href')) ?? '';
  const query = new URL(link, page.url()).searchParams;
  const opened19 = Date.now() - 19 * 60_000;
  assert.match(link, /\/hosts\/h3\?/);
  assert.ok(Date.parse(query.get('from') ?? '') < opened19 && Date.parse(query.get('to') ?? '') > opened19);
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('Acknowledged by kim@example.net').waitFor();
  assert.deepEqual(bodies(opened, /a1\/acknowledge$/), [['POST', {}]]);
});

test('a rule is made with the keyboard alone, and its last week is seen before it is saved', async () => {
  await using opened = await open('/g/g1/settings/alerts');
  const { page } = opened;
  const tabTo = async (label: string | RegExp) => {
    for (let step = 0; step < 60; step++) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate(() => {
        const element = document.activeElement;
        const by = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element?.textContent;
        return (element?.getAttribute('aria-label') ?? by ?? '').trim();
      });
      if (typeof label === 'string' ? name === label : label.test(name)) return;
    }
    assert.fail(`${label} is not reached by Tab`);
  };
  await page.getByRole('link', { name: 'Add rule' }).waitFor();
  await tabTo('Add rule');
  await page.keyboard.press('Enter');
  await page.getByRole('form', { name: 'New rule' }).waitFor();
  await tabTo('Condition');
  await page.keyboard.type('a member lags');
  await tabTo(/^seconds/);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('90');
  await tabTo('Must hold for');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('2');
  await tabTo('severe');
  await page.keyboard.press('Space');
  await tabTo('Replica sets');
  await page.keyboard.type('check');
  await page.keyboard.press('Enter');
  await page.getByText('3 of 20 hosts').waitFor();
  await tabTo('Step 1: notifiers');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await tabTo('Name');
  await page.keyboard.type('late members');
  await page.getByText('it would have opened 5 alerts on 3 of 20, and sent 14 messages').waitFor();
  assert.equal(await page.locator('.strip').count(), 3);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'late members' }).waitFor();
  assert.deepEqual(bodies(opened, /alert-rules$/), [
    [
      'POST',
      {
        name: 'late members',
        condition: { kind: 'lagAbove', seconds: 90 },
        target: { hostPattern: '', hostTypes: [], sets: ['rs-checkout'], clusters: [], tags: [] },
        forMs: 120_000,
        closeAfterMs: 30_000,
        severity: 'bad',
        enabled: true,
        steps: [{ afterMs: 0, notifierIds: ['n2'] }],
        repeatMs: null,
      },
    ],
  ]);
});

test('a rule with steps and a repeat is saved as it stands, and its picture says who is told when', async () => {
  await using opened = await open('/g/g1/settings/alerts/r-connections');
  const { page } = opened;
  const picture = page.getByRole('list', { name: 'Who is told when' });
  await picture.getByText('database team, ops channel').waitFor();
  assert.deepEqual(await picture.locator('b').allTextContents(), [
    '0 s',
    '5 min',
    'then at once',
    '15 min later',
    'again after 1 h',
    'gone for 30 s',
  ]);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'Add rule' }).waitFor();
  const { id: _, builtIn: __, ...rule } = fixture.rules[3] ?? assert.fail();
  assert.deepEqual(bodies(opened, /r-connections/), [['PATCH', rule]]);
});

test('a rule is copied, turned off and set back to how it came; what the server refuses is said in the form', async () => {
  await using opened = await open('/g/g1/settings/alerts');
  const { page, server } = opened;
  const menu = async (rule: string, item: string) => {
    await page.getByRole('button', { name: `Change ${rule}`, exact: true }).click();
    await page.locator('.menu').getByText(item, { exact: true }).click();
  };
  await menu('Host is down', 'Turn off');
  await eventually(() => server.changes.length === 1, { what: 'the change' });
  await menu('Replication lag', 'Back to how it came');
  await eventually(() => server.changes.length === 2, { what: 'the change' });
  assert.deepEqual(bodies(opened, /default-hostDown/), [['PATCH', { enabled: false }]]);
  assert.deepEqual(bodies(opened, /default-lagAbove/), [['PATCH', fixture.templates[1]?.rule]]);
  server.refused.set('/groups/g1/alert-rules', {
    code: 'CONFLICT',
    message: 'another rule has that name',
    hint: 'Choose another name.',
    details: { field: 'name' },
  });
  await menu('Host is down', 'Duplicate');
  const name = page.getByRole('form', { name: 'New rule' }).getByLabel('Name', { exact: true });
  assert.equal(await name.inputValue(), 'Host is down (copy)');
  await page.getByRole('button', { name: 'Add the rule' }).click();
  await page.getByRole('alert').getByText('Another rule has that name. Choose another name.').waitFor();
  assert.equal(await name.getAttribute('aria-invalid'), 'true');
  assert.deepEqual(opened.errors, []);
});

test('a notifier shows only the fields of its kind, its signing secret once, and how a test went', async () => {
  await using opened = await open('/g/g1/settings/notifiers', {}, ({ alerting }) => {
    alerting.testReport = { ok: false, detail: 'HTTP 404', body: 'no_service' };
  });
  const { page } = opened;
  await page.getByRole('button', { name: 'Add a notifier' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a notifier' });
  await dialog.getByLabel('Kind').selectOption('PagerDuty');
  await dialog.getByLabel('Integration key').waitFor();
  assert.equal(await dialog.getByLabel('Tell', { exact: true }).count(), 0);
  await dialog.getByLabel('Kind').selectOption('Webhook');
  assert.equal(await dialog.getByLabel('Integration key').count(), 0);
  await dialog.getByLabel('Name').fill('tickets');
  await dialog.getByLabel('Address').fill('https://tickets.example.net/hook');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const secret = page.getByRole('dialog', { name: 'Signing secret' });
  await secret.getByText('signing-secret').waitFor();
  await secret.getByRole('button', { name: 'I have copied it' }).click();
  await secret.waitFor(gone);
  const made = { name: 'tickets', kind: 'webhook', url: 'https://tickets.example.net/hook' };
  assert.deepEqual(bodies(opened, /notifiers$/), [['POST', { ...made, quietHours: null, digestMinutes: null }]]);
  await page.getByRole('button', { name: 'Test ops channel' }).click();
  await page.getByText('The test message was not taken. HTTP 404').waitFor();
  await page.getByText('What the receiver answered').click();
  await page.getByText('no_service', { exact: true }).waitFor();
  await page
    .getByRole('button', { name: /^Send again/ })
    .first()
    .click();
  await eventually(() => opened.server.changes.some(({ path }) => path === '/groups/g1/dead-letters/dl0/retry'), {
    what: 'the retry',
  });
});

test('the whole group is silenced in two clicks; a weekly window shows its next three times', async () => {
  await using opened = await open('/g/g1/settings/maintenance');
  const { page, server } = opened;
  await page.getByRole('button', { name: 'Silence all now: the whole group' }).click();
  await page.getByRole('button', { name: '2 hours' }).click();
  await page.getByText('Work on the whole group').waitFor();
  const [[, body] = []] = bodies(opened, /maintenance-windows$/);
  const { times, target } = body as { times: { fromMs: number; toMs: number }; target: unknown };
  assert.equal(times.toMs - times.fromMs, 2 * 3_600_000);
  assert.deepEqual(target, { hosts: [], sets: [], tags: [] });
  await page.getByRole('button', { name: 'Plan maintenance' }).click();
  const dialog = page.getByRole('dialog', { name: 'Plan maintenance' });
  await dialog.getByLabel('Name').fill('patches');
  await dialog.getByRole('button', { name: 'Every week' }).click();
  await dialog.getByRole('checkbox', { name: 'Sat' }).check();
  await dialog.getByLabel('Starts at').fill('01:30');
  await dialog.getByLabel('Time zone').fill('Asia/Tokyo');
  const next = dialog.locator('.next-times li');
  await eventually(
    async () => {
      const times = await next.allTextContents();
      return times.length === 3 && times.every((text) => /16:30 – .*18:30 UTC/.test(text));
    },
    { what: 'the times in the zone of the page' },
  );
  await dialog.getByRole('combobox', { name: 'Tags' }).fill('prod');
  await dialog.getByRole('combobox', { name: 'Tags' }).press('Enter');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor(gone);
  assert.deepEqual(server.changes.at(-1)?.body, {
    name: 'patches',
    times: { kind: 'weekly', days: ['sat', 'sun'], start: '01:30', durationMinutes: 120, timeZone: 'Asia/Tokyo' },
    target: { hosts: [], sets: [], tags: ['production'] },
  });
});

test('a host is silenced from its page, where its tags and its maintenance stand', async () => {
  await using opened = await open('/g/g1/hosts/h2', {}, ({ alerting }) => {
    alerting.windows = [];
  });
  const { page } = opened;
  await page.getByText('production', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Silence: checkout-2.example.net:27017' }).click();
  await page.getByRole('button', { name: '30 minutes' }).click();
  await page.getByRole('link', { name: /^silenced until/ }).waitFor();
  const [[, body] = []] = bodies(opened, /maintenance-windows$/);
  assert.deepEqual((body as { target: unknown }).target, { hosts: ['h2'], sets: [], tags: [] });
});

test('1,000 hosts: few nodes in the settings, on the picture and in a cluster; all are tagged at once', async () => {
  const many = Array.from({ length: 1000 }, (_, at) => {
    const [host] = hosts();
    assert.ok(host !== undefined);
    return { ...host, id: `x${at}`, host: `db${String(at).padStart(4, '0')}.example.net:27017` };
  });
  await using opened = await open('/g/g1/settings/hosts', {}, (server) => {
    server.hosts = many;
    server.topology = topology(330);
  });
  const { page, server } = opened;
  await page.getByLabel('Choose all 1000').check();
  assert.ok((await nodes(page)) < 1500, `${await nodes(page)} nodes`);
  await page.getByRole('region', { name: 'Chosen hosts' }).getByRole('button', { name: 'Tag' }).click();
  await page.getByRole('combobox', { name: 'Put on' }).fill('team:shop,');
  await page.getByRole('combobox', { name: 'Put on' }).press('Enter');
  await page.getByRole('button', { name: 'Save' }).click();
  const change = await eventually(() => server.changes[0], { what: 'the tags' });
  const { hostIds, ...tags } = change.body as { hostIds: string[] };
  assert.deepEqual(
    [change.path, hostIds.length, tags],
    ['/groups/g1/hosts/tags', 1000, { add: ['team:shop'], remove: [] }],
  );
  await page.goto(`${server.url}/g/g1`);
  await page.getByRole('heading', { name: 'checkout', exact: true }).waitFor();
  assert.ok((await nodes(page)) < 1500, `${await nodes(page)} nodes on the picture`);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await eventually(
    async () => {
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      return (await page.getByRole('region', { name: 'Replica set set329' }).count()) === 1;
    },
    { what: 'the last set' },
  );
  assert.ok((await nodes(page)) < 1500, `${await nodes(page)} nodes at the end of it`);
  const { clusters, ...rest } = topology(330);
  const [cluster] = clusters;
  assert.ok(cluster !== undefined);
  server.topology = { ...rest, clusters: [{ ...cluster, shards: rest.sets }], sets: [] };
  await page.goto(`${server.url}/g/g1`);
  await page.getByText(/more shards and routers/).waitFor();
  assert.ok((await nodes(page)) < 2500, `${await nodes(page)} nodes of a cluster`);
});

test('who may only look finds no button, and is told whom to ask', async () => {
  await using opened = await open('/g/g1/alerts', {}, ({ people }) => {
    const { groups } = people.session;
    people.session = {
      ...people.session,
      groups: groups.map((group) => ({ ...group, roles: ['readOnly'], permissions: ['group.read'] })),
    };
  });
  const { page, server } = opened;
  for (const [path, words] of [
    ['/g/g1/alerts', 'acknowledge alerts'],
    ['/g/g1/settings/alerts', 'change rules'],
    ['/g/g1/settings/maintenance', 'plan maintenance'],
  ] as const) {
    await page.goto(server.url + path);
    await page.getByText(`you cannot ${words}. Ask an owner or a monitoring admin`).waitFor();
    await page.locator('main table').first().waitFor();
    const buttons = await page.locator('main table button, main .card > header button').count();
    assert.equal(buttons, 0, path);
  }
});
