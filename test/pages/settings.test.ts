import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PagesBrowser } from './pages-browser.ts';
import { keys } from './pages-fixture-data.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());

const dialogGone = { state: 'detached' } as const;

test('a key is made, its secret shown once; one is revoked after its name was typed', async () => {
  const usable = keys.find(({ revokedAtMs }) => revokedAtMs === null);
  assert.ok(usable !== undefined);
  await using opened = await browser.open('/g/g1/settings/keys');
  const { page, server } = opened;
  const form = page.getByRole('form', { name: 'Make one of the Agent keys' });
  await form.getByLabel('Name').fill('rack 7');
  await form.getByLabel('For').selectOption('both');
  await form.getByRole('button', { name: 'Make' }).click();
  await page.getByRole('dialog').getByText('lfw_k3_secret').waitFor();
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await page
    .getByRole('button', { name: `Revoke ${usable.name}`, exact: true })
    .first()
    .click();
  const dialog = page.getByRole('dialog', { name: 'Revoke' });
  await dialog.getByRole('textbox').fill(usable.name.slice(0, -1));
  await dialog.getByRole('textbox').press('Enter');
  assert.ok(await dialog.getByRole('button', { name: 'Revoke for good' }).isDisabled());
  await dialog.getByRole('textbox').fill(usable.name);
  await dialog.getByRole('textbox').press('Enter');
  await dialog.waitFor(dialogGone);
  assert.deepEqual(
    server.changes.map(({ method, path, body }) => [method, path, body]),
    [
      ['POST', '/groups/g1/keys', { name: 'rack 7', scope: 'both' }],
      ['DELETE', `/groups/g1/keys/${usable.id}`, undefined],
    ],
  );
});

test('the form of a host shows how it is reached, and what is emptied is taken away; the rest is left alone', async () => {
  await using opened = await browser.open('/g/g1/settings/hosts');
  const { page, server } = opened;
  await page.getByRole('button', { name: 'Edit checkout-1.example.net:27017' }).click();
  const form = page.getByRole('dialog');
  assert.equal(await form.getByLabel('User').inputValue(), 'leafward');
  assert.equal(await form.getByLabel('TLS').inputValue(), 'yes');
  assert.equal(await form.getByLabel('authSource').inputValue(), 'people');
  await form.getByLabel('TLS').selectOption('Not set here');
  await form.getByLabel('authSource').fill('');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.waitFor(dialogGone);
  const [change] = server.changes;
  assert.deepEqual([change?.method, change?.body], ['PATCH', { tls: null, authSource: null }]);
});
