import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Permission, Role } from '../../src/wire/api/access.ts';
import { eventually } from '../support/eventually.ts';
import { PagesBrowser } from './pages-browser.ts';
import { sessionAs } from './people-fixture-data.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());

/** What each page offers only to those who may do it; the mark stands there for everybody once the data is there. */
const offers: readonly (readonly [
  path: string,
  heading: string,
  mark: string,
  readonly (readonly [RegExp, Permission])[],
])[] = [
  [
    '/g/g1',
    'Deployment',
    'legacy',
    [
      [/^Add host$/, 'monitoring.write'],
      [/^Acknowledge$/, 'monitoring.write'],
    ],
  ],
  [
    '/g/g1/settings/hosts',
    'Settings',
    'checkout-2.example.net:27017',
    [
      [/^Add host$/, 'monitoring.write'],
      [/^Edit checkout-2/, 'monitoring.write'],
      [/^Remove checkout-2/, 'monitoring.write'],
      [/^Check checkout-2/, 'monitoring.write'],
      [/^Members$/, 'group.own'],
      [/^Keys$/, 'group.own'],
      [/^Tokens$/, 'group.own'],
      [/^Audit log$/, 'group.own'],
    ],
  ],
  ['/g/g1/settings/alerts', 'Settings', 'Rules', [[/^Add rule$/, 'monitoring.write']]],
  ['/g/g1/settings/group', 'Settings', 'Sample every', [[/^Save$/, 'group.own']]],
  ['/g/g1/settings/storage', 'Settings', 'Disk budget, GiB', [[/^Save$/, 'group.own']]],
  [
    '/g/g1/backups',
    'Backups',
    'Not backed up',
    [
      [/^Back up /, 'backup.write'],
      [/^Restore$/, 'data.read'],
      [/^Time travel$/, 'data.read'],
    ],
  ],
  [
    '/g/g1/backups/rs-checkout',
    'checkout',
    'Restore drills',
    [
      [/^Take one now$/, 'backup.write'],
      [/^Run one now$/, 'backup.write'],
      [/^Restore this second$/, 'data.read'],
      [/^Restore$/, 'data.read'],
    ],
  ],
  ['/g/g1/backups/rs-checkout/settings', 'checkout', 'Terminate', [[/^Save$/, 'backup.write']]],
];
const roles: readonly Role[] = ['owner', 'monitoringAdmin', 'backupAdmin', 'dataAccess', 'readOnly'];

async function visit(page: Page, path: string, heading: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
  await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
  await page.waitForFunction(() => document.querySelector('.waiting') === null);
}

/** Names of all that can be pressed or followed on the page. */
function pressable(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('main button:not(:disabled), main a[href]')]
      .filter((element) => element.closest('fieldset:disabled') === null)
      .map((element) => (element.ariaLabel ?? element.textContent).trim()),
  );
}

for (const role of roles) {
  test(`as ${role}: what the role may not do is not offered, what it may is`, async () => {
    await using opened = await browser.open('/g/g1', {}, ({ people }) => {
      people.session = sessionAs(role, people.session);
    });
    const { page, server } = opened;
    const may = new Set(server.people.session.groups[0]?.permissions);
    for (const [path, heading, mark, names] of offers) {
      await visit(page, path, heading);
      await page.getByText(mark, { exact: true }).first().waitFor();
      const found = await pressable(page);
      for (const [name, permission] of names) {
        const offered = found.some((text) => name.test(text));
        assert.equal(offered, may.has(permission), `${role} on ${path}: ${name} in ${found.join(' | ')}`);
      }
    }
    if (!may.has('data.read')) {
      await visit(page, '/g/g1/backups/rs-checkout/restore', 'checkout');
      await page.getByText(/you cannot restore\. Ask an owner or a member with data access/).waitFor();
    }
    if (!may.has('group.own')) {
      await visit(page, '/g/g1/settings/audit', 'Settings');
      await page.getByText(/you cannot see this\. Ask an owner of this group/).waitFor();
      assert.equal(server.reads.includes('/groups/g1/audit'), false);
    }
    assert.deepEqual(opened.errors, []);
  });
}

test('the instance is for administrators: others find no way there, and nothing when they go', async () => {
  await using opened = await browser.open('/account', {}, ({ people }) => {
    people.session = sessionAs('owner', people.session);
  });
  const { page, server } = opened;
  await page.getByRole('heading', { level: 1, name: 'Account' }).waitFor();
  assert.equal(await page.locator('a[href="/instance"]').count(), 0);
  await page.goto(`${server.url}/instance/users`);
  await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  assert.equal(server.reads.includes('/users'), false);
});

test('without the second factor that the server asks for there is the account page alone', async () => {
  await using opened = await browser.open('/g/g1/agents', {}, ({ people }) => {
    people.session = { ...people.session, secondFactorMissing: true };
  });
  const { page, server } = opened;
  await page.getByText('This server lets nobody in without a second factor.').waitFor();
  await page.getByRole('button', { name: 'Set up' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/account');
  const { session } = server.people;
  const groups = session.groups.map((group) => ({ ...group, secondFactorMissing: true }));
  server.people.session = { ...session, secondFactorMissing: false, groups };
  await page.goto(`${server.url}/g/g1`);
  await page.getByRole('heading', { name: 'First, a second factor' }).waitFor();
});

test('settings of the instance: a mail test, what may be called, a mapping of roles, a user who is disabled', async () => {
  await using opened = await browser.open('/instance/mail');
  const { page, server } = opened;
  await page.getByLabel('Password', { exact: true }).fill('');
  await page.getByLabel('From').fill('leafward@example.net');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.getByText('queued as 4XyZ').waitFor();
  const [saved] = server.changes;
  // An empty field leaves the password as it is.
  assert.equal(Object.hasOwn(saved?.body as object, 'password'), false);

  await visit(page, '/instance/outbound', 'Instance');
  await page.getByLabel('Also allowed').fill('10.2.0.0/16\n*.mail.example.net');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  assert.deepEqual(server.changes.at(-1)?.body, { allowPrivate: false, allow: ['10.2.0.0/16', '*.mail.example.net'] });

  await visit(page, '/instance/exposure', 'Instance');
  await page.getByText('This is the one outbound connection that the server makes to hosts.').waitFor();
  await page.getByLabel('Groups may switch the check on').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Allowed', { exact: true }).waitFor();

  await visit(page, '/instance/sign-in', 'Instance');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Value').fill('auditors');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await page
    .getByRole('row', { name: /auditors/ })
    .getByText('Read only in Production')
    .waitFor();
  const body = server.changes.at(-1)?.body as { mapping: unknown[] };
  assert.deepEqual(body.mapping.at(-1), {
    provider: 'oidc',
    value: 'auditors',
    groupId: 'g1',
    roles: ['readOnly'],
    administrator: false,
  });

  await visit(page, '/instance/users', 'Instance');
  await page.getByRole('button', { name: 'Edit noor@example.net' }).click();
  await dialog.getByLabel('Disabled').check();
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  const change = await eventually(() => server.changes.at(-1), { what: 'the change' });
  assert.deepEqual([change.path, change.body], ['/users/u3', { administrator: false, disabled: true }]);
  await page.getByRole('row', { name: /noor/ }).getByText('Disabled').waitFor();

  await visit(page, '/instance/groups', 'Instance');
  const row = (name: string) => page.getByRole('row', { name: new RegExp(name) });
  await row('Production').getByText('12 hosts').waitFor();
  assert.equal(await row('Production').getByRole('button').count(), 0);
  assert.deepEqual(await row('Staging').getByRole('button').allTextContents(), ['Take over']);
  await row('Staging').getByRole('button').click();
  await row('Staging').getByText('kim@example.net').waitFor();
  assert.deepEqual(server.changes.at(-1)?.body, { roles: ['owner'] });
  await page.getByRole('button', { name: 'Delete Shop of last year' }).click();
  await dialog.getByLabel('Type Shop of last year to confirm').fill('Shop of last year');
  await dialog.getByRole('button', { name: 'Delete the group' }).click();
  await row('Shop of last year').waitFor({ state: 'detached' });
  assert.equal(server.changes.at(-1)?.path, '/instance/groups/g3');
});

test('a member leaves a group by the account page; where a stored login goes is fixed for who is no owner', async () => {
  await using opened = await browser.open('/g/g1/settings/hosts', {}, ({ people }) => {
    people.session = sessionAs('monitoringAdmin', people.session);
  });
  const { page, server } = opened;
  const dialog = page.getByRole('dialog');
  await page
    .getByRole('button', { name: /^Edit / })
    .first()
    .click();
  await dialog.getByText('Only an owner of the group changes this').first().waitFor();
  for (const name of ['Dial another address', 'TLS']) assert.ok(await dialog.getByLabel(name).isDisabled(), name);
  await dialog.getByLabel('authSource').fill('other');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(server.changes.at(-1)?.body, { authSource: 'other' }, 'what is fixed is not sent');
  await visit(page, '/account', 'Account');
  await page.getByRole('button', { name: 'Leave Production' }).click();
  await dialog.getByLabel('Type Production to confirm').fill('Production');
  await dialog.getByRole('button', { name: 'Leave the group' }).click();
  await page.getByText('You are a member of no group').waitFor();
  assert.equal(server.changes.at(-1)?.path, '/groups/g1/leave');
});
