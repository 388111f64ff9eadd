import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { type Opened, PagesBrowser, violationsOf } from './pages-browser.ts';
import { account, auditEvents, members, recoveryCodes, tokens } from './people-fixture-data.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());
const open: PagesBrowser['open'] = (...args) => browser.open(...args);

/** Goes to a page without loading the shell anew, and waits until its data is there. */
async function visit({ page }: Opened, path: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
  await page.waitForFunction(
    () => document.querySelector('h1') !== null && document.querySelector('.waiting') === null,
  );
}

async function checkLook({ page }: Opened, what: string): Promise<void> {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(Number(wide) <= Number(room), `${what} scrolls sideways`);
  assert.deepEqual(await violationsOf(page), [], what);
}

const ofAccess = [
  '/sign-in?problem=no-account',
  '/password-reset',
  '/password-reset/good',
  '/password-reset/old',
  '/invitation/i',
];
const ofPeople = [
  '/account',
  ...['members', 'tokens', 'audit'].map((tab) => `/g/g1/settings/${tab}`),
  ...['users', 'groups', 'sign-in', 'mail', 'outbound', 'exposure', 'audit'].map((tab) => `/instance/${tab}`),
];

// Wide and light, every-page.test.ts walks all that links lead to; what needs a token of its own is added here.
for (const [name, walked, options] of [
  ['wide and light', ofAccess, { viewport: { width: 1440, height: 1000 }, colorScheme: 'light' as const }],
  [
    'on a phone and dark',
    [...ofPeople, ...ofAccess],
    { viewport: { width: 390, height: 844 }, colorScheme: 'dark' as const },
  ],
] as const) {
  test(`pages of people, ${name}: no axe violations, nothing scrolls sideways, no errors`, async () => {
    await using opened = await open('/account', { ...options, bypassCSP: true }, ({ people }) => {
      people.providers = [...people.providers, { id: 'oidc', kind: 'oidc', label: 'Sign in with Example' }];
    });
    for (const path of walked) {
      await visit(opened, path);
      await checkLook(opened, path);
    }
    await visit(opened, '/account');
    await opened.page.getByRole('button', { name: 'Set up' }).click();
    await opened.page.getByRole('textbox', { name: 'Code' }).waitFor();
    await checkLook(opened, 'setting a second factor up');
    await visit(opened, '/g/g1/settings/audit');
    await opened.page.locator('.audit button.link').first().click();
    await opened.page.getByRole('dialog').waitFor();
    await checkLook(opened, 'an event');
    assert.deepEqual(opened.errors, []);
  });
}

test('the sign-in asks for the code of the second factor; when that took too long it begins again', async () => {
  await using opened = await open('/sign-in', {}, (server) => {
    server.signedIn = false;
    server.people.secondStep = true;
    const gone = { code: 'LINK_EXPIRED', message: 'this sign-in took too long', hint: 'Sign in again.' };
    server.refused.set('/session/second-factor', gone);
  });
  const { page, server } = opened;
  const password = async () => {
    await page.getByLabel('E-mail address').fill('kim@example.net');
    await page.getByLabel('Password').fill('a long password');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Second step' }).waitFor();
  };
  await password();
  // The field has the focus: the code can be typed at once.
  await page.keyboard.type('123456');
  await page.keyboard.press('Enter');
  await page.getByText('The second step took too long.').waitFor();
  server.refused.clear();
  await password();
  await page.keyboard.type('123 456');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Deployment' }).waitFor();
  assert.deepEqual(server.changes.at(-1)?.body, { challenge: 'challenge-1', code: '123 456' });
});

test('providers are buttons that keep the page that was asked for; without passwords there is no form', async () => {
  await using opened = await open('/sign-in?to=%2Fg%2Fg1%2Fagents&problem=%3Cb%3Emade+up', {}, (server) => {
    server.signedIn = false;
    server.people.providers = [{ id: 'main', kind: 'oidc', label: 'Sign in with Example' }];
  });
  const { page } = opened;
  const link = page.getByRole('link', { name: 'Sign in with Example' });
  const wanted = '/api/v1/sign-in/oidc/start?provider=main&to=%2Fg%2Fg1%2Fagents';
  assert.equal(await link.getAttribute('href'), wanted);
  await eventually(async () => (await page.getByLabel('Password').count()) === 0, { what: 'no form' });
  assert.equal(await page.getByText('made up').count(), 0);
});

test('a lost password: the answer tells nothing of the account; the link sets a new one, typed twice', async () => {
  await using opened = await open('/password-reset', {}, (server) => {
    server.signedIn = false;
  });
  const { page, server } = opened;
  await page.getByLabel('E-mail address').fill('kim@example.net');
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.getByText('If kim@example.net has an account here').waitFor();
  await visit(opened, '/password-reset/good');
  await page.getByLabel('New password').fill('a long password');
  await page.getByLabel('The same again').fill('another password');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.getByText('The two passwords differ.').waitFor();
  assert.equal(await page.getByLabel('The same again').getAttribute('aria-invalid'), 'true');
  await page.getByLabel('The same again').fill('a long password');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.getByRole('heading', { name: 'The password is set' }).waitFor();
  assert.deepEqual(
    server.changes.map(({ path, body }) => [path, body]),
    [
      ['/password-reset', { email: 'kim@example.net' }],
      ['/password-reset/good', { password: 'a long password' }],
    ],
  );
});

test('an invitation says who invites to what; a new account joins with it, who has one signs in first', async () => {
  await using opened = await open('/invitation/i1', {}, (server) => {
    server.signedIn = false;
  });
  const { page, server } = opened;
  await page.getByText('kim@example.net invites you to Production as backup admin and data access.').waitFor();
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('Password').fill('a long password');
  await page.getByLabel('The same again').fill('a long password');
  await page.getByRole('button', { name: 'Make the account and join' }).click();
  await eventually(() => server.changes.length === 1, { what: 'the account' });
  assert.deepEqual(server.changes[0]?.body, { name: 'Ada', password: 'a long password' });

  server.people.invitation = { ...server.people.invitation, hasAccount: true };
  await page.goto(`${server.url}/invitation/i2`);
  const signIn = page.getByRole('link', { name: 'Sign in as ada@example.net' });
  assert.equal(await signIn.getAttribute('href'), '/sign-in?to=%2Finvitation%2Fi2');
  server.signedIn = true;
  const { session } = server.people;
  server.people.session = { ...session, user: { ...session.user, email: 'ada@example.net' } };
  await page.reload();
  await page.getByRole('button', { name: 'Join the group' }).click();
  await eventually(() => server.changes.length === 2, { what: 'the joining' });
  assert.deepEqual([server.changes[1]?.path, server.changes[1]?.body], ['/invitations/i2/accept', {}]);
});

/** Presses Tab until the wanted element has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const here = await page.evaluate(() => {
      const element = document.activeElement;
      const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null;
      return element?.getAttribute('aria-label') ?? label ?? element?.textContent ?? '';
    });
    if (here.startsWith(name)) return;
  }
  throw new Error(`the Tab key does not reach ${name}`);
}

test('keyboard only: a second factor is set up, its recovery codes copied and kept', async () => {
  await using opened = await open('/account', { permissions: ['clipboard-read', 'clipboard-write'] }, ({ people }) => {
    people.account = account({ authenticatedUntilMs: Date.now() - 1000 });
  });
  const { page, server } = opened;
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
  await tabTo(page, 'Set up');
  await page.keyboard.press('Enter');
  await page.getByLabel('Your password').waitFor();
  await page.keyboard.type('a long password');
  await page.keyboard.press('Enter');
  await page.getByRole('img', { name: /QR code/ }).waitFor();
  await page.keyboard.type('123456');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Keep these recovery codes' }).waitFor();
  await tabTo(page, 'Copy the recovery codes');
  await page.keyboard.press('Enter');
  await page.getByText('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), recoveryCodes.join('\n'));
  await tabTo(page, 'I have kept them');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByText('10 recovery codes left').waitFor();
  assert.deepEqual(
    server.changes.map(({ path, body }) => [path, body]),
    [
      ['/account/reauthenticate', { password: 'a long password' }],
      ['/account/second-factor', undefined],
      ['/account/second-factor/confirm', { code: '123456' }],
    ],
  );
});

test('keyboard only: somebody is invited with two roles, and the link is shown this once', async () => {
  await using opened = await open('/g/g1/settings/members');
  const { page, server } = opened;
  await page.getByText('Kim Berg').waitFor();
  await tabTo(page, 'Invite');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type('ivo@example.net');
  await tabTo(page, 'Backup admin');
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await page.getByText('https://leafward.example.net/invitation/TOKEN').waitFor();
  assert.deepEqual(server.changes[0]?.body, { email: 'ivo@example.net', roles: ['backupAdmin', 'readOnly'] });
  await page.keyboard.press('Escape');
  await page.getByRole('region', { name: 'Pending invitations' }).getByText('ivo@example.net').waitFor();
});

test('roles of a member change; the last owner keeps that role and cannot be removed', async () => {
  await using opened = await open('/g/g1/settings/members');
  const { page, server } = opened;
  await page.getByRole('button', { name: 'Roles noor@example.net' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Data access').uncheck();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('No role is chosen.').waitFor();
  await dialog.getByLabel('Read only').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  const change = server.changes[0];
  assert.deepEqual(
    [change?.method, change?.path, change?.body],
    ['PATCH', '/groups/g1/members/u3', { roles: ['readOnly'] }],
  );
  assert.equal(await page.getByRole('button', { name: /^(Remove|Leave) kim@example.net/ }).count(), 0);
  await page.getByRole('button', { name: 'Roles kim@example.net' }).click();
  await dialog.getByLabel('Owner').click({ force: true });
  assert.ok(await dialog.getByLabel('Owner').isChecked());
});

test('1,000 members and 1,000 tokens: a bounded number of rows is drawn, and the filter finds the last', async () => {
  await using opened = await open('/g/g1/settings/members', {}, ({ people }) => {
    people.members = members(1000);
    people.tokens = tokens(1000);
  });
  const { page } = opened;
  await page.getByText('1,004 members').waitFor();
  assert.ok((await page.locator('table.people tbody tr').count()) < 80);
  await page.getByLabel('Filter members').fill('person999');
  await page.getByText('person999@example.net').waitFor();
  await visit(opened, '/g/g1/settings/tokens');
  await page.getByText('1,004 tokens').waitFor();
  assert.ok((await page.locator('table.people tbody tr').count()) < 80);
});

test('a token has roles, an end and addresses; its secret is shown once', async () => {
  await using opened = await open('/g/g1/settings/tokens');
  const { page, server } = opened;
  await page.getByRole('button', { name: 'Make a token' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').fill('nightly');
  await form.getByLabel('Read only').uncheck();
  await form.getByLabel('Backup admin').check();
  await form.getByLabel('Ends', { exact: true }).selectOption('in 30 days');
  await form.getByLabel('Only from').fill('192.0.2.0/24\n2001:db8::7');
  await form.getByRole('button', { name: 'Make', exact: true }).click();
  await page.getByText('lft_t3_secret').waitFor();
  const body = server.changes[0]?.body as { expiresAtMs: number };
  assert.deepEqual(body, {
    name: 'nightly',
    roles: ['backupAdmin'],
    expiresAtMs: body.expiresAtMs,
    addresses: ['192.0.2.0/24', '2001:db8::7'],
  });
  assert.ok(Math.abs(body.expiresAtMs - Date.now() - 30 * 86_400_000) < 10 * 60_000);
});

test('the audit log of 10,000 events reads on as one scrolls, with a bounded number of rows', async () => {
  await using opened = await open('/g/g1/settings/audit', {}, ({ people }) => {
    people.events = auditEvents(10_000);
  });
  const { page, server } = opened;
  await page.locator('table.audit tbody tr').first().waitFor();
  const pages = () => server.reads.filter((path) => path === '/groups/g1/audit').length;
  await eventually(
    async () => {
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      return pages() >= 6;
    },
    { what: 'the sixth page of the log' },
  );
  assert.ok((await page.locator('table.audit tbody tr').count()) < 100);
  await page.evaluate(() => scrollTo(0, 0));
  await page.getByLabel('Action').selectOption('member.rolesChanged');
  await page.getByLabel('Who').fill('wolfe');
  await eventually(() => page.url().includes('actor=wolfe'), { what: 'the filter in the address' });
  await page.waitForFunction(() => !document.body.textContent?.includes('A person signed in'));
  const exported = await page.getByRole('link', { name: 'Export' }).getAttribute('href');
  assert.equal(exported, '/api/v1/groups/g1/audit.jsonl?actor=wolfe&action=member.rolesChanged');
});
