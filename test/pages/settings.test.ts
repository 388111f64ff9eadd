import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { PagesBrowser } from './pages-browser.ts';
import { keys, notifiers, rules } from './pages-fixture-data.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());

const dialogGone = { state: 'detached' } as const;

test('a rule is added from its form, and the list is read again', async () => {
  await using opened = await browser.open('/g/g1/settings/alerts');
  const { page, server } = opened;
  await page.getByRole('button', { name: 'Add rule' }).click();
  const form = page.getByRole('dialog', { name: 'Add rule' });
  await form.getByLabel('Name').fill('late members');
  await form.getByLabel('When').selectOption('a member lags behind');
  await form.getByLabel('More than, seconds').fill('90');
  await form.getByLabel('Severity').selectOption('Severe');
  await form.getByLabel(notifiers[0]?.name ?? '').check();
  const readsBefore = server.reads.length;
  await form.getByRole('button', { name: 'Save' }).click();
  await form.waitFor(dialogGone);
  assert.deepEqual(server.changes, [
    {
      method: 'POST',
      path: '/groups/g1/alert-rules',
      csrf: 'csrf-of-the-fixture',
      body: {
        name: 'late members',
        condition: { kind: 'lagAbove', seconds: 90 },
        forMs: 60_000,
        severity: 'bad',
        enabled: true,
        steps: [{ afterMs: 0, notifierIds: [notifiers[0]?.id] }],
      },
    },
  ]);
  await eventually(() => server.reads.slice(readsBefore).includes('/groups/g1/alert-rules'), { what: 'the reading' });
});

test('what the server refuses stays in the dialog, with the wrong field marked', async () => {
  await using opened = await browser.open('/g/g1/settings/alerts', {}, (server) => {
    server.refused.set('/groups/g1/alert-rules', {
      code: 'CONFLICT',
      message: 'another rule has that name',
      hint: 'Choose another name.',
      details: { field: 'name' },
    });
  });
  const { page } = opened;
  await page.getByRole('button', { name: 'Add rule' }).click();
  await page.getByLabel('Name', { exact: true }).first().fill('twice');
  await page.getByLabel('Severity').selectOption('Severe');
  await page.getByLabel('When').selectOption('a set has no primary');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').getByText('Another rule has that name. Choose another name.').waitFor();
  const field = page.getByRole('dialog').getByLabel('Name');
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  assert.equal(await field.inputValue(), 'twice');
  assert.equal(await page.getByRole('dialog').getByLabel('Severity').inputValue(), 'bad');
  assert.deepEqual(opened.errors, []);
});

test('a rule is turned off from its row', async () => {
  await using opened = await browser.open('/g/g1/settings/alerts');
  const rule = rules.find(({ enabled }) => enabled);
  assert.ok(rule !== undefined);
  await opened.page.getByRole('button', { name: `Turn off ${rule.name}`, exact: true }).click();
  const change = await eventually(() => opened.server.changes[0], { what: 'the change' });
  assert.deepEqual(
    [change.method, change.path, change.body],
    ['PATCH', `/groups/g1/alert-rules/${rule.id}`, { enabled: false }],
  );
});

test('the signing secret of a new notifier is shown once and the form is empty again', async () => {
  await using opened = await browser.open('/g/g1/settings/alerts');
  const { page, server } = opened;
  const form = page.getByRole('form', { name: 'Add a notifier' });
  await form.getByLabel('Name').fill('pager');
  await form.getByLabel('Webhook address').fill('https://pager.example.net/hook');
  await form.getByRole('button', { name: 'Add' }).click();
  const dialog = page.getByRole('dialog', { name: 'Signing secret' });
  await dialog.getByText('signing-secret').waitFor();
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  await dialog.waitFor(dialogGone);
  assert.equal(await form.getByLabel('Name').inputValue(), '');
  const body = { name: 'pager', url: 'https://pager.example.net/hook', kind: 'webhook', enabled: true };
  assert.deepEqual(server.changes[0]?.body, body);
});

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
