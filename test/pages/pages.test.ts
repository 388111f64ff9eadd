import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { eventually } from '../support/eventually.ts';
import { PagesBrowser, violationsOf } from './pages-browser.ts';
import { topology } from './pages-fixture-data.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());
const open: PagesBrowser['open'] = (...args) => browser.open(...args);

const pages = [
  ['/sign-in', 'Sign in'],
  ['/setup/good', 'Set up Leafward'],
  ['/setup/old', 'Set up Leafward'],
  ['/g/g1', 'Deployment'],
  ['/g/g1?view=table', 'Deployment'],
  ['/g/g1/agents', 'Agents'],
  ['/g/g1/alerts', 'Alerts'],
  ['/g/g1/alerts?state=closed', 'Alerts'],
  ['/g/g1/events', 'Events'],
  ['/g/g1/settings/group', 'Settings'],
  ['/g/g1/settings/hosts', 'Settings'],
  ['/g/g1/settings/keys', 'Settings'],
  ['/g/g1/settings/download', 'Settings'],
  ['/g/g1/settings/download?agent=both&platform=win-x64', 'Settings'],
  ['/g/g1/settings/download?platform=darwin-x64', 'Settings'],
  ['/g/g1/settings/alerts', 'Settings'],
  ['/g/g1/settings/storage', 'Settings'],
] as const;

// Wide and light they are walked in every-page.test.ts.
for (const [path, heading] of pages) {
  test(`${path} at 390 px, dark: no axe violations, nothing scrolls sideways, no errors`, async () => {
    const narrow = { viewport: { width: 390, height: 844 }, colorScheme: 'dark', bypassCSP: true } as const;
    await using opened = await open(path, narrow);
    const { page } = opened;
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    await eventually(async () => (await page.locator('.waiting').count()) === 0, { what: 'the data' });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390, 'scrolls sideways');
    assert.deepEqual(await violationsOf(page), []);
    assert.deepEqual(opened.errors, []);
  });
}

test('the pages hold neither zod nor how metrics are computed; what is loaded first is small, and so is all', () => {
  const scripts = [...browser.files].filter(([file]) => file.endsWith('.js'));
  const shell = new TextDecoder().decode(browser.files.get('web/index.html'));
  const size = (chosen: typeof scripts) =>
    chosen.reduce((sum, [, script]) => sum + gzipSync(script, { level: 9 }).length, 0);
  for (const [, script] of scripts) assert.doesNotMatch(new TextDecoder().decode(script), /ZodError|_zod|wiredTiger/);
  const first = scripts.filter(([file]) => shell.includes(file.slice('web'.length)));
  assert.ok(first.length > 1 && first.length < scripts.length, `${first.length} of ${scripts.length}`);
  assert.ok(size(first) < 40_000, `${size(first)} bytes first`);
  assert.ok(size(scripts) < 190_000, `${size(scripts)} bytes in all`);
});

test('without a session every page asks to sign in and comes back after it', async () => {
  await using opened = await open('/g/g1/agents', {}, (server) => {
    server.signedIn = false;
  });
  const { page, server } = opened;
  await page.getByLabel('E-mail address').fill('kim@example.net');
  await page.getByLabel('Password').fill('a long password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Agents' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/g/g1/agents');
  assert.deepEqual(server.changes[0]?.body, { email: 'kim@example.net', password: 'a long password' });
});

test("set-up offers the browser's own address", async () => {
  await using opened = await open('/setup/good');
  const { page, server } = opened;
  await page.getByLabel('Your e-mail address').fill('kim@example.net');
  await page.getByLabel('Password').fill('a long password');
  await page.getByRole('button', { name: 'Set up and sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Deployment' }).waitFor();
  assert.deepEqual(server.changes[0]?.body, {
    token: 'good',
    email: 'kim@example.net',
    password: 'a long password',
    groupName: 'Production',
    publicUrl: server.url,
  });
});

test('changes carry the csrf token', async () => {
  await using opened = await open('/g/g1');
  await opened.page.getByRole('button', { name: 'Acknowledge' }).click();
  const change = await eventually(() => opened.server.changes[0], { what: 'the change' });
  assert.deepEqual(
    [change.method, change.path, change.csrf],
    ['POST', '/groups/g1/alerts/a1/acknowledge', 'csrf-of-the-fixture'],
  );
});

test('a stream event brings new figures without a reload', async () => {
  await using opened = await open('/g/g1');
  const { page, server } = opened;
  await page.getByText('4 min 12 s behind', { exact: true }).waitFor();
  await eventually(() => server.streams === 1, { what: 'the stream' });
  const next = topology();
  server.topology = { ...next, verdict: { ...next.verdict, health: 'ok', title: 'All is well' } };
  server.publish({ type: 'topology', atMs: Date.now() });
  await page.getByRole('heading', { name: 'All is well' }).waitFor();
});

test('when a read fails the old data stays, grey, with the time of the next try', async () => {
  await using opened = await open('/g/g1/agents');
  const { page, server } = opened;
  await page.getByRole('heading', { name: 'watch-1.example.net' }).waitFor();
  await eventually(() => server.streams === 1, { what: 'the stream' });
  server.broken.add('/groups/g1/agents');
  server.publish({ type: 'agents' });
  await page.getByText('The store is busy.').waitFor();
  await page.getByText(/Next try in/).waitFor();
  assert.equal(await page.locator('.fresh.old').getByRole('heading', { name: 'watch-1.example.net' }).count(), 1);
  server.broken.clear();
  await page.getByRole('button', { name: 'Try now' }).click();
  await page.locator('.fresh.old').waitFor({ state: 'detached' });
});

test('what the frame and the page both show is read once, and once for each event', async () => {
  await using opened = await open('/g/g1/agents');
  const { page, server } = opened;
  await page.getByRole('heading', { name: 'watch-1.example.net' }).waitFor();
  await eventually(() => server.streams === 1, { what: 'the stream' });
  const count = (what: string) => server.reads.filter((path) => path === `/groups/g1/${what}`).length;
  assert.deepEqual([count('agents'), count('topology')], [1, 1]);
  server.agents = server.agents.slice(0, 1);
  server.publish({ type: 'agents' });
  await page.getByRole('heading', { name: 'vault-1.example.net' }).waitFor({ state: 'detached' });
  await page.getByText('1 active, 0 standby').waitFor();
  assert.equal(count('agents'), 2);
});

for (const path of ['/g/g1/hosts/nothing', '/g/g1/alerts/nothing', '/g/g1/backups/nothing', '/g/g1/nothing']) {
  test(`${path} is not there: why that may be, and the way on`, async () => {
    await using opened = await open(path);
    const { page } = opened;
    await page.locator('.card.empty').getByRole('heading', { level: 1 }).waitFor();
    await page.locator('.card.empty .button').click();
    await page.getByRole('heading', { level: 1, name: /^(Deployment|Alerts|Backups)$/ }).waitFor();
  });
}

test('a server that does not answer yet is asked again by itself', async () => {
  await using opened = await open('/g/g1', {}, (server) => server.broken.add('/session'));
  const { page, server } = opened;
  await page.getByText(/Next try in/).waitFor();
  server.broken.clear();
  await page.getByRole('heading', { level: 1, name: 'Deployment' }).waitFor();
});

test('names of 120 characters do not push anything off a phone', async () => {
  const host = `${'a-name-as-long-as-names-can-be'.repeat(4)}:27018`;
  const renamed = <T extends { readonly host: string }>(one: T): T => ({ ...one, host });
  const narrow = { viewport: { width: 390, height: 844 } } as const;
  await using opened = await open('/g/g1', narrow, (server) => {
    const { sets, clusters, standalones, ...rest } = topology();
    const set = (one: (typeof sets)[number]) => ({ ...one, name: host, members: one.members.map(renamed) });
    server.topology = {
      ...rest,
      sets: sets.map(set),
      standalones: standalones.map(renamed),
      clusters: clusters.map(({ mongos, configSet, shards, ...cluster }) => ({
        ...cluster,
        name: host,
        mongos: mongos.map(renamed),
        configSet: configSet && set(configSet),
        shards: shards.map(set),
      })),
    };
    server.agents = server.agents.map((agent) => ({ ...agent, hostname: host }));
    server.backups.sets = server.backups.sets.map((one) => ({ ...one, name: host }));
  });
  const { page, server } = opened;
  for (const path of ['/g/g1', '/g/g1?view=table', '/g/g1/agents', '/g/g1/backups']) {
    await page.goto(server.url + path);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await eventually(async () => (await page.locator('.waiting').count()) === 0, { what: `the data of ${path}` });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390, `${path} scrolls sideways`);
  }
});

test('without agents hosts are unknown, not down', async () => {
  await using opened = await open('/g/g1', {}, (server) => {
    server.topology = { ...topology(), blind: { sinceMs: Date.now() - 240_000 } };
  });
  await opened.page.getByRole('heading', { name: 'We are blind: no agent reports' }).waitFor();
  await opened.page.getByText(/unknown, not down/).waitFor();
});

test('an empty group offers one step: the agent first, then a host', async () => {
  const empty = { ...topology(), clusters: [], sets: [], standalones: [] };
  const nothing = { ...empty, figures: { ...empty.figures, processes: 0 } };
  await using opened = await open('/g/g1', {}, (server) => {
    server.topology = nothing;
    server.agents = [];
  });
  await opened.page.getByRole('link', { name: 'Download the agent' }).waitFor();
  await using ready = await open('/g/g1', {}, (server) => {
    server.topology = nothing;
  });
  await ready.page.getByRole('button', { name: 'Add the first host' }).waitFor();
});

test("adding a host shows the doctor's steps as they are done, with the snippet to paste", async () => {
  await using opened = await open('/g/g1?add');
  const { page, server } = opened;
  await page.getByLabel('Host', { exact: true }).fill('db1.example.net:27017');
  await page.getByRole('button', { name: 'Add and check' }).click();
  await page.getByText('accepts connections').waitFor();
  await page.getByText('getDiagnosticData is not allowed').waitFor();
  assert.match((await page.locator('.cmd pre').textContent()) ?? '', /^db\.getSiblingDB\("admin"\)\.grantRolesToUser/);
  assert.deepEqual(server.changes[0]?.body, { host: 'db1.example.net:27017' });
});

test('a host is removed only after its name was typed', async () => {
  await using opened = await open('/g/g1/settings/hosts');
  const { page, server } = opened;
  await page.getByRole('button', { name: 'Remove checkout-2.example.net:27017' }).click();
  const remove = page.getByRole('button', { name: 'Remove the host and its samples' });
  assert.ok(await remove.isDisabled());
  await page.getByRole('textbox', { name: /Type/ }).fill('checkout-2.example.net:27017');
  await remove.click();
  const change = await eventually(() => server.changes[0], { what: 'the change' });
  assert.deepEqual([change.method, change.path], ['DELETE', '/groups/g1/hosts/h2']);
});

test('keys: / finds a host, g a goes to the alerts, Esc closes', async () => {
  await using opened = await open('/g/g1');
  const { page } = opened;
  await page.getByRole('heading', { name: 'checkout', exact: true }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('checkout-3');
  await page.getByRole('option', { name: /checkout-3\.example\.net/ }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // At once: a letter counts only for a second and a half.
  await Promise.all(['g', 'a'].map((key) => page.keyboard.press(key)));
  await page.getByRole('heading', { level: 1, name: 'Alerts' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Deployment' }).waitFor();
});

test('keys that follow Esc before the page is drawn without the finder are not typed into it', async () => {
  await using opened = await open('/g/g1');
  const { page } = opened;
  await page.getByRole('heading', { name: 'checkout', exact: true }).waitFor();
  await page.keyboard.press('/');
  await page.getByRole('combobox').waitFor();
  await page.evaluate(() => {
    document.querySelector('dialog')?.close();
    // The browser leaves the focus in it until the next frame.
    for (const key of ['g', 'a'])
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  });
  await page.getByRole('heading', { level: 1, name: 'Alerts' }).waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('1,000 hosts: only what is near the screen is drawn, as picture and as table', async () => {
  await using opened = await open('/g/g1', {}, (server) => {
    server.topology = topology(330);
  });
  const { page } = opened;
  await page.getByRole('heading', { name: 'checkout', exact: true }).waitFor();
  assert.ok((await page.locator('.member').count()) < 60);
  await page.getByRole('button', { name: 'Table' }).click();
  await page.locator('table.processes').waitFor();
  assert.ok((await page.locator('table.processes tbody tr').count()) < 100);
  await page.getByLabel('Filter by name, version or state').fill('set329-2');
  await page.getByRole('link', { name: 'set329-2.example.net:27017' }).waitFor();
  await page.waitForURL(/filter=set329-2/);
});

test('the event log reads on while one scrolls', async () => {
  await using opened = await open('/g/g1/events');
  const { page, server } = opened;
  await page.locator('table.events tbody tr').first().waitFor();
  await eventually(
    async () => {
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      return server.reads.filter((path) => path.endsWith('/events')).length >= 3;
    },
    { what: 'the third page of the log' },
  );
});

test('times follow the switch between UTC and local', async () => {
  await using opened = await open('/g/g1/events', { timezoneId: 'Asia/Tokyo' });
  const { page } = opened;
  const first = page.locator('table.events tbody time').first();
  await first.waitFor();
  await page.locator('button.clock').click();
  await eventually(
    async () => {
      const [utc, shown] = [await first.getAttribute('datetime'), (await first.textContent()) ?? ''];
      const hours = (new Date(utc ?? 0).getUTCHours() + 9) % 24;
      return new RegExp(`(^| )${String(hours).padStart(2, '0')}:`).test(shown);
    },
    { what: 'local time' },
  );
});
