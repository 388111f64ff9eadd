import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { PagesBrowser } from './pages-browser.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());

const checkout = '/g/g1/backups/rs-checkout';

/** Presses Tab until the element has the focus, which must be visible; never touches the mouse. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let press = 0; press < 150; press++) {
    await page.keyboard.press('Tab');
    const state = await target.evaluate((element) => {
      if (document.activeElement !== element) return 'elsewhere';
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      return outlineStyle !== 'none' || boxShadow !== 'none' ? 'here' : 'invisible';
    });
    assert.notEqual(state, 'invisible', `the focus on ${target} can be seen`);
    if (state === 'here') return;
  }
  assert.fail(`Tab does not reach ${target}`);
}

async function press(page: Page, target: Locator, key: 'Enter' | 'Space'): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

test('from the set to a restore link by keyboard only', async () => {
  await using opened = await browser.open(checkout);
  const { page, server } = opened;
  await press(page, page.getByRole('link', { name: 'Restore', exact: true }).first(), 'Enter');
  await page.getByRole('heading', { name: '3. How' }).waitFor();
  await eventually(() => /[?&]at=/.test(page.url()), { what: 'the newest moment, fixed' });
  const newest = new URL(page.url()).searchParams.get('at') ?? '';

  await press(page, page.getByRole('button', { name: '−1 min' }), 'Space');
  const earlier = await eventually(
    () => {
      const at = new URL(page.url()).searchParams.get('at') ?? '';
      return at !== '' && at !== newest && at;
    },
    { what: 'a minute earlier' },
  );
  assert.ok(Date.parse(newest) > Date.parse(earlier));

  await press(page, page.getByRole('button', { name: 'Some collections' }), 'Enter');
  const list = page.getByRole('group', { name: 'Collections', exact: true });
  await press(page, list.getByLabel('crm all of it'), 'Space');
  await tabTo(page, page.getByLabel('Under another name'));
  await page.keyboard.type('crm.*=restored.*');
  await page.keyboard.press('Tab');
  const command = page.locator('.cmd pre').last();
  await eventually(
    async () => /--namespace 'crm\.\*' .*--rename 'crm\.\*=restored\.\*'/s.test((await command.textContent()) ?? ''),
    {
      what: 'the command',
    },
  );

  await press(page, page.getByRole('button', { name: 'Link for mongorestore' }), 'Enter');
  await press(page, page.getByRole('button', { name: 'Archive for mongorestore' }), 'Space');
  await press(page, page.getByRole('button', { name: 'Make the link' }), 'Enter');
  await page.getByText(/^set -o pipefail; curl -fsS/).waitFor();
  const made = server.changes.find(({ path }) => path.endsWith('/restore-links'));
  const body = made?.body as { atMs: number; format: string; namespaces: string[] };
  assert.deepEqual([body.atMs, body.format, body.namespaces], [Date.parse(earlier), 'archive', ['crm.*']]);
  const mine = page.getByRole('list', { name: 'Restore links' }).getByRole('listitem').first();
  await press(page, mine.getByRole('button', { name: /^Revoke/ }), 'Enter');
  await mine.getByText('Revoked').waitFor();
  assert.deepEqual(opened.errors, []);
});
