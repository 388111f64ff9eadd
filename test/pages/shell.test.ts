import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BrowserContextOptions } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { type Opened, PagesBrowser, violationsOf } from './pages-browser.ts';

const phone = { viewport: { width: 390, height: 844 } };
let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());

function open(path: string, options: BrowserContextOptions = {}, warnings: string[] = []): Promise<Opened> {
  return browser.open(path, { bypassCSP: true, ...options }, (server) => {
    server.warnings = warnings;
  });
}

const dialogs = [
  ['/g/g1/settings/hosts', 'Add host', 'Add host'],
  ['/g/g1/settings/hosts', 'Edit checkout-2.example.net:27017', 'Edit checkout-2.example.net:27017'],
  ['/g/g1/settings/hosts', 'Remove checkout-2.example.net:27017', 'Remove the host'],
  ['/g/g1/settings/members', 'Invite', 'Invite to Production'],
  ['/g/g1', 'Find a host, metric or page', 'Find'],
] as const;

for (const [options, name] of [
  [{ colorScheme: 'light' as const }, 'wide and light'],
  [{ ...phone, colorScheme: 'dark' as const }, 'on a phone and dark'],
] as const) {
  for (const [path, button, title] of name === 'wide and light' ? dialogs.slice(-2) : dialogs) {
    test(`dialog ${title}, ${name}: no axe violations, focus goes in and comes back`, async () => {
      await using opened = await open(path, options);
      const { page } = opened;
      await page.getByRole('button', { name: button, exact: true }).click();
      await page.getByRole('dialog', { name: title }).waitFor();
      assert.deepEqual(await violationsOf(page), []);
      assert.ok(await page.evaluate(() => document.activeElement?.closest('dialog') !== null));
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      const focused = () =>
        page.evaluate(() => {
          const element = document.activeElement;
          return element?.getAttribute('aria-label') ?? element?.textContent;
        });
      await eventually(async () => (await focused()) === button, { what: 'the focus back on the button' });
    });
  }
  for (const path of ['/g/g1/hosts/h2', '/g/g1/compare']) {
    test(`${path} in the shell, ${name}: no axe violations, nothing scrolls sideways`, async () => {
      await using opened = await open(path, options);
      const { page } = opened;
      await page.getByRole('heading', { level: 1, name: /checkout-2|Compare/ }).waitFor();
      await page.getByRole('region', { name: 'Time range' }).waitFor();
      assert.deepEqual(await violationsOf(page), []);
      const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(Number(wide) <= Number(room), 'scrolls sideways');
    });
  }
}

test('the breadcrumb and the title name the host', async () => {
  await using opened = await open('/g/g1/hosts/h2');
  const { page } = opened;
  await page.getByRole('navigation', { name: 'Where you are' }).getByText('checkout-2.example.net:27017').waitFor();
  await eventually(async () => (await page.title()) === 'checkout-2.example.net:27017 · Leafward', {
    what: 'the title',
  });
});

for (const width of [390, 900]) {
  test(`at ${width} px groups, theme and sign-out are one tap away`, async () => {
    await using opened = await open('/g/g1', { viewport: { width, height: 800 }, colorScheme: 'light' });
    const { page, server } = opened;
    await page.getByRole('button', { name: /^kim@example.net/ }).click();
    await page.getByRole('button', { name: 'Light or dark' }).click();
    await page.locator('html[data-theme="dark"]').waitFor();
    await page.getByRole('link', { name: /A group with quite a long name/ }).waitFor();
    assert.deepEqual(await violationsOf(page), []);
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    const change = await eventually(() => server.changes[0], { what: 'the sign-out' });
    assert.deepEqual([change.method, change.path], ['DELETE', '/session']);
  });
}

test('the clock and the range bar are one switch, which also ends the zone of a permalink', async () => {
  await using opened = await open('/g/g1/hosts/h2?zone=local', { timezoneId: 'Asia/Tokyo' });
  const { page } = opened;
  const local = page.getByRole('group', { name: 'Time zone' }).getByRole('button', { name: 'Local' });
  await local.waitFor();
  assert.equal(await local.getAttribute('aria-pressed'), 'true');
  await page.locator('button.clock', { hasText: 'GMT+9' }).click();
  await page.locator('button.clock', { hasText: 'UTC' }).waitFor();
  await eventually(async () => (await local.getAttribute('aria-pressed')) === 'false', {
    what: 'UTC in the range bar',
  });
  await page.waitForURL((url) => !url.searchParams.has('zone'));
  await local.click();
  await page.locator('button.clock', { hasText: 'GMT+9' }).waitFor();
});

test('that only this machine reaches the server is said where an agent is prepared', async () => {
  const loopback = 'The public address is http://127.0.0.1:8080, which only this machine can reach.';
  const open80 = 'The public address http://leafward.example.net is not encrypted.';
  await using opened = await open('/g/g1/settings/download', {}, [loopback, open80]);
  const { page, server } = opened;
  await page.getByText(loopback).waitFor();
  await page.getByText(open80).waitFor();
  const [first] = server.agents;
  assert.ok(first !== undefined);
  server.agents = [first];
  await page.goto(`${server.url}/g/g1`);
  await page.getByText(open80).waitFor();
  await eventually(async () => (await page.getByText(loopback).count()) === 0, { what: 'the calm first page' });
  server.agents = [first, { ...first, id: 'a_other', hostname: 'elsewhere.example.net' }];
  await page.reload();
  await page.getByText(loopback).waitFor();
});

test('an override and a login are taken away by emptying their fields', async () => {
  await using opened = await open('/g/g1/settings/hosts');
  const { page, server } = opened;
  const save = async (row: RegExp, label: string) => {
    await page.getByRole('button', { name: row }).first().click();
    await page.getByRole('dialog').getByLabel(label).fill('');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    return server.changes.at(-1)?.body;
  };
  const rows = page.locator('table.hosts tbody tr');
  const named = async (text: string) =>
    (await rows.filter({ hasText: text }).first().getByRole('link').textContent()) ?? '';
  const dialled = await named('10.20.0.7:27018');
  const signed =
    (await rows
      .locator('td.user', { hasText: /^leafward$/ })
      .first()
      .locator('..')
      .getByRole('link')
      .textContent()) ?? '';
  assert.deepEqual(await save(new RegExp(`^Edit ${dialled}$`), 'Dial another address'), { connectTo: null });
  assert.deepEqual(await save(new RegExp(`^Edit ${signed}$`), 'User'), { username: null });
});
