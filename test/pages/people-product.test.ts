import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { totpCode, totpStep } from '../../src/server/access/totp.ts';
import { type Product, startProduct } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ProductPages } from './product-pages.ts';

const resources = new AsyncDisposableStack();
let product: Product;
let pages: ProductPages;
let owner: Page;
let reader: Page;
let link = '';
/** The step of the last code: each counts once. */
let step = 0;
before(async () => {
  product = resources.use(await startProduct(tempDir('people-pages')));
  pages = resources.use(await ProductPages.start(product.url));
  [owner, reader] = await Promise.all([pages.open(), pages.open()]);
});
after(() => resources.disposeAsync());

const email = 'ro@example.net';
const password = 'a horse that reads only';

async function signIn(page: Page, as: string, by: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(as);
  await page.getByLabel('Password').fill(by);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Bytes of a key as it is typed by hand: RFC 4648, section 6, in groups of four. */
function fromBase32(text: string): Uint8Array {
  const letters = text
    .replaceAll(' ', '')
    .split('')
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter));
  const bits = letters.map((value) => value.toString(2).padStart(5, '0')).join('');
  return Uint8Array.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

function nextCode(secret: Uint8Array): string {
  step = Math.max(step + 1, totpStep(Date.now()));
  return totpCode(secret, step);
}

test('the owner invites somebody to read only; without mail the link is handed over', async () => {
  await owner.goto(`${product.url}/sign-in?to=${encodeURIComponent(`/g/${product.groupId}/settings/members`)}`);
  await signIn(owner, 'me@example.net', 'correct horse battery');
  await owner.getByRole('button', { name: 'Invite' }).click();
  const dialog = owner.getByRole('dialog');
  await dialog.getByLabel('E-mail address').fill(email);
  await dialog.getByRole('button', { name: 'Invite' }).click();
  await dialog.getByText('No mail was sent').waitFor();
  link = (await dialog.locator('.cmd pre').textContent()) ?? '';
  assert.match(link, /\/invitation\/\S{20,}$/);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await owner.getByRole('region', { name: 'Pending invitations' }).getByText(email).waitFor();
});

test('the invited makes an account, sets a second factor up, and signs in with it', async () => {
  await reader.goto(product.url + new URL(link).pathname);
  await reader.getByText('me@example.net invites you to Test & co as read only.').waitFor();
  await reader.getByLabel('Your name').fill('Ro');
  await reader.getByLabel('Password').fill(password);
  await reader.getByLabel('The same again').fill(password);
  await reader.getByRole('button', { name: 'Make the account and join' }).click();
  await reader.getByRole('heading', { level: 1, name: 'Deployment' }).waitFor();

  await reader.getByRole('button', { name: /^ro@example.net/ }).click();
  await reader.getByRole('link', { name: 'Account' }).first().click();
  await reader.getByRole('button', { name: 'Set up' }).click();
  await reader.getByText('No camera? Type the key instead').click();
  const secret = fromBase32((await reader.locator('.cmd pre').textContent()) ?? '');
  assert.equal(secret.length, 20);
  await reader.getByRole('textbox', { name: 'Code' }).fill(nextCode(secret));
  await reader.getByRole('button', { name: 'Confirm' }).click();
  const codes = reader.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await codes.first().waitFor();
  assert.ok((await codes.count()) >= 8);
  await reader.getByRole('button', { name: 'I have kept them' }).click();

  await reader.getByRole('button', { name: /^ro@example.net/ }).click();
  await reader.getByRole('button', { name: 'Sign out', exact: true }).click();
  await signIn(reader, email, password);
  await reader.getByRole('heading', { name: 'Second step' }).waitFor();
  await reader.getByRole('textbox', { name: 'Code' }).fill('000000');
  await reader.keyboard.press('Enter');
  await reader.getByRole('alert').waitFor();
  await reader.getByRole('textbox', { name: 'Code' }).fill(nextCode(secret));
  await reader.keyboard.press('Enter');
  await reader.getByRole('heading', { level: 1, name: 'Deployment' }).waitFor();
});

test('who reads only sees no action that is forbidden, and the server refuses it all the same', async () => {
  const forbidden =
    /^(Add host|Add rule|Invite|Make|Save|Back up|Restore|Acknowledge$|Download an agent|Members|Keys|Tokens|Audit log|Instance)/;
  for (const path of [
    '',
    'backups',
    'alerts',
    'agents',
    'settings/group',
    'settings/hosts',
    'settings/alerts',
    'settings/storage',
  ]) {
    await reader.goto(`${product.url}/g/${product.groupId}/${path}`);
    await reader.getByRole('heading', { level: 1 }).waitFor();
    await reader.waitForFunction(() => document.querySelector('.waiting') === null);
    const offered = await reader.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('main button:not(:disabled), main a[href], .side a')]
        .filter((element) => element.closest('fieldset:disabled') === null)
        .map((element) => (element.ariaLabel ?? element.textContent).trim()),
    );
    assert.deepEqual(
      offered.filter((name) => forbidden.test(name)),
      [],
      path,
    );
  }
  const group = `/api/v1/groups/${product.groupId}`;
  const answers = await reader.evaluate(async (base) => {
    const { csrf } = (await (await fetch('/api/v1/session')).json()) as { csrf: string };
    const headers = { 'content-type': 'application/json', 'leafward-csrf': csrf };
    const post = await fetch(`${base}/hosts`, { method: 'POST', headers, body: '{"host":"db.example.net:27017"}' });
    return [(await fetch(`${base}/members`)).status, (await fetch(`${base}/audit`)).status, post.status];
  }, group);
  assert.deepEqual(answers, [403, 403, 403]);
});

test('the owner reads in the audit log who came and how, and takes the member out: the session ends', async () => {
  await owner.goto(`${product.url}/g/${product.groupId}/settings/audit`);
  const log = owner.getByRole('region', { name: 'Audit log' });
  await log.getByRole('button', { name: 'Somebody became a member of a group' }).first().waitFor();
  await log.getByRole('button', { name: 'Somebody was invited to a group' }).first().click();
  await owner.getByRole('dialog').getByText('member.invited').waitFor();
  await owner.keyboard.press('Escape');
  await owner.goto(`${product.url}/g/${product.groupId}/settings/members`);
  await owner.getByRole('button', { name: `Remove ${email}` }).click();
  await owner.getByRole('dialog').getByRole('textbox').fill(email);
  await owner.getByRole('button', { name: 'Remove the member' }).click();
  await owner.getByRole('dialog').waitFor({ state: 'detached' });
  await reader.goto(`${product.url}/g/${product.groupId}`);
  await reader.getByRole('heading', { name: 'There is no such page' }).waitFor();
  assert.deepEqual(pages.errors, []);
});
