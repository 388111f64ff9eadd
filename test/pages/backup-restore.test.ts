import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { view } from './backup-fixture-data.ts';
import { PagesBrowser, violationsOf } from './pages-browser.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());
const open: PagesBrowser['open'] = (...args) => browser.open(...args);

const checkout = '/g/g1/backups/rs-checkout';

test('the wizard fills the command with moment and collections, all from its address', async () => {
  await using opened = await open(`${checkout}/restore`);
  const { page } = opened;
  await page.getByRole('heading', { name: '3. How' }).waitFor();
  await eventually(() => /[?&]at=/.test(page.url()), { what: 'the newest moment, fixed' });
  const at = new URL(page.url()).searchParams.get('at') ?? '';
  await page.getByRole('button', { name: 'Some collections' }).click();
  const list = page.getByRole('group', { name: 'Collections', exact: true });
  await list.getByLabel('orders', { exact: false }).first().check();
  await list.getByLabel('crm all of it').check();
  await page.getByLabel('Replace collections that are in the way').check();
  await page.getByLabel('Into checkout itself', { exact: false }).check();
  await page.getByLabel('Under another name').fill('shop.*=restored.*');
  await page.getByLabel('Under another name').press('Tab');
  await page.getByLabel('Target', { exact: true }).fill('db1.example.net:27017');
  await page.getByLabel('Target', { exact: true }).press('Tab');
  const command = page.locator('.cmd pre').last();
  const wanted = [
    'leafward restore --replica-set checkout',
    `--at ${at}`,
    "--namespace 'shop.orders,crm.*'",
    "--rename 'shop.*=restored.*'",
    '--to-source',
    '--drop',
    "--to 'mongodb://db1.example.net:27017'",
  ].join(' \\\n  ');
  await eventually(async () => (await command.textContent()) === wanted, { what: 'the command' });
  await page.reload();
  await eventually(async () => (await command.textContent()) === wanted, { what: 'the same after a reload' });
  await page.getByLabel('Login of the target').selectOption('SCRAM-SHA-256');
  await page.getByLabel('User of the target').fill('restorer');
  await page.getByLabel('User of the target').press('Tab');
  await eventually(async () => (await command.textContent())?.endsWith('--to-file target.uri') === true, {
    what: 'the file that holds the password',
  });
  const file = await page.getByText('umask 077', { exact: false }).textContent();
  assert.match(file ?? '', /restorer:PASSWORD@db1\.example\.net:27017\/\?authMechanism=SCRAM-SHA-256&authSource=admin/);
  await page.getByLabel('Target', { exact: true }).fill('mongodb://x');
  await page.getByLabel('Target', { exact: true }).press('Tab');
  await page.getByRole('alert').getByText('Only hosts stand here', { exact: false }).waitFor();
});

test('some documents of one collection: by filter, with a choice for those that are there, and as a link', async () => {
  await using opened = await open(`${checkout}/restore?ns=shop.orders`, { bypassCSP: true });
  const { page, server } = opened;
  await page.getByLabel('Only documents of shop.orders that fit').fill('{"status": "lost"}');
  await page.getByLabel('Only documents of shop.orders that fit').press('Tab');
  const command = page.locator('.cmd pre').last();
  await page.getByLabel('Documents that the target has with other content').selectOption('keep');
  await eventually(
    async () => (await command.textContent())?.includes(`--filter '{"status":"lost"}' \\\n  --existing keep`) === true,
    { what: 'the filter in the command' },
  );
  assert.equal(await page.getByLabel('Replace collections that are in the way').count(), 0);
  assert.deepEqual(await violationsOf(page), []);
  await page.getByRole('button', { name: 'Link for mongorestore' }).click();
  await page.getByRole('button', { name: 'Make the link' }).click();
  await page.getByText(/^set -o pipefail; curl -fsS/).waitFor();
  const made = server.changes.find(({ path }) => path.endsWith('/restore-links'));
  const body = made?.body as { namespaces?: string[]; selection: object };
  assert.deepEqual(
    [body.namespaces, body.selection],
    [undefined, { namespace: 'shop.orders', filter: { status: 'lost' } }],
  );
  await page.getByLabel('Only documents of shop.orders that fit').fill('{status: 1}');
  await page.getByLabel('Only documents of shop.orders that fit').press('Tab');
  await page.getByText('The filter cannot be read.').waitFor();
});

test('a moment that cannot be restored gives no command, and says why', async () => {
  await using opened = await open(`${checkout}/restore`);
  const { page, server } = opened;
  const hole = server.backups.timeline.holes[0];
  const field = page.getByLabel('Time (UTC)');
  await field.waitFor();
  const inHole = new Date((hole?.fromMs ?? 0) + 600_000).toISOString().slice(0, 19);
  await field.fill(inHole);
  await field.blur();
  await page.getByText(/cannot be restored\. The place in the oplog was lost/).waitFor();
  await page.getByText('Choose a moment that can be restored.').waitFor();
  assert.equal(await page.locator('.cmd').count(), 0);
  await page.getByRole('button', { name: 'A snapshot' }).click();
  await page.getByText('leafward restore --replica-set', { exact: false }).first().waitFor();
  assert.match(page.url(), /snapshot=s1/);
});

test('a restore link is shown once, its state goes on by itself, and it is revoked', async () => {
  await using opened = await open(`${checkout}/restore?how=link`, { bypassCSP: true });
  const { page, server } = opened;
  await page.getByRole('button', { name: 'tar of BSON files' }).click();
  await page.getByRole('button', { name: 'Archive for mongorestore' }).click();
  await page.getByRole('button', { name: 'Make the link' }).click();
  await page.getByText(/^set -o pipefail; curl -fsS/).waitFor();
  const body = server.changes[0]?.body as { atMs: number; format: string; namespaces: string[] };
  assert.deepEqual([body.format, body.namespaces], ['archive', []]);
  assert.equal(new Date(body.atMs).toISOString().replace('.000Z', 'Z'), new URL(page.url()).searchParams.get('at'));
  const mine = page.getByRole('list', { name: 'Restore links' }).getByRole('listitem').first();
  await mine.getByText('Waiting').waitFor();
  server.backups.links = server.backups.links.map((link) =>
    link.id === 'x2' ? { ...link, state: 'running', attempts: 1, sentBytes: 5 * 2 ** 30 } : link,
  );
  await mine.getByText('Running').waitFor();
  await mine.getByText(/5 GiB sent/).waitFor();
  assert.deepEqual(await violationsOf(page), []);
  await mine.getByRole('button', { name: /^Revoke/ }).click();
  await mine.getByText('Revoked').waitFor();
  assert.deepEqual(
    [server.changes[1]?.method, server.changes[1]?.path],
    ['DELETE', '/groups/g1/backups/rs-checkout/restore-links/x2'],
  );
  await page.getByRole('button', { name: '−1 min' }).click();
  await page.getByText(/^set -o pipefail/).waitFor({ state: 'detached' });
});

test('1,000 collections are chosen from by a filter', async () => {
  await using opened = await open(`${checkout}/restore`, {}, (server) => {
    server.backups.view = view(1000);
  });
  const { page } = opened;
  await page.getByRole('button', { name: 'Some collections' }).click();
  await page.getByText('The first 200 of 1,000 are shown: filter for the others.').waitFor();
  assert.ok((await page.locator('.choices input').count()) < 210);
  const filter = page.getByRole('searchbox', { name: 'Filter collections' });
  await filter.fill('collection_1');
  await page.getByText('are shown').waitFor({ state: 'detached' });
  await filter.fill('collection_998');
  await page.getByLabel('collection_998').check();
  await page.getByText('1 collection, 2.79 GiB.').waitFor();
});

test('time travel: a question gives documents, one of them its history, and all of it is in the address', async () => {
  await using opened = await open(`${checkout}/explore`);
  const { page, server } = opened;
  const form = page.getByRole('form', { name: 'Find documents' });
  await form.getByLabel('Collection').fill('shop.orders');
  await form.getByLabel('_id, or a filter').fill('{status: "paid"}');
  await form.getByRole('button', { name: 'Find' }).click();
  await form
    .getByRole('alert')
    .getByText(/names stand in double quotes/)
    .waitFor();
  await form.getByLabel('_id, or a filter').fill('{"status": "paid"}');
  await form.getByLabel('Sort').fill('{"at": -1}');
  await form.getByRole('button', { name: 'Find' }).click();
  const list = page.getByRole('region', { name: 'Documents', exact: true });
  await list.getByText('the first 5 documents; 20,411 looked at', { exact: false }).waitFor();
  const asked = server.changes.find(({ path }) => path.endsWith('/find'))?.body as Record<string, unknown>;
  assert.deepEqual(
    [asked['namespace'], asked['filter'], asked['sort'], asked['limit']],
    ['shop.orders', { status: 'paid' }, { at: -1 }, 20],
  );
  assert.equal(typeof asked['atMs'], 'number');
  await list.locator('summary').first().click();
  await list.getByText('ObjectId("65a1b2c3d4e5f6071829a0b0")', { exact: true }).waitFor();
  await list.getByText('NumberLong(9007199254740993)').waitFor();
  assert.match(
    (await page.getByRole('region', { name: 'Restore these documents' }).locator('pre').textContent()) ?? '',
    /leafward restore --replica-set checkout [^]*--namespace shop\.orders [^]*--filter '\{"status":"paid"\}'/,
  );
  await list.getByRole('button', { name: 'History of ObjectId("65a1b2c3d4e5f6071829a0b0")' }).click();
  const versions = page.getByRole('region', { name: 'History of a document' });
  await versions.getByText('4 versions in shop.orders').waitFor();
  assert.match((await versions.locator('.versions > li').first().textContent()) ?? '', /^Deleted/);
  assert.equal(await versions.locator('del').first().textContent(), '3');
  await versions.getByRole('button', { name: 'Back to the documents' }).click();
  await list.waitFor();
  await page.goBack();
  await versions.waitFor();
});

test('a find that fails says the next step and is asked again', async () => {
  await using opened = await open(`${checkout}/explore?ns=shop.orders`, {}, (server) => {
    server.refused.set('/groups/g1/backups/rs-checkout/find', {
      code: 'NOT_FOUND',
      message: 'there was no collection shop.orders at that moment',
      hint: 'Choose another moment.',
    });
  });
  const { page, server } = opened;
  await page.getByText('There was no collection shop.orders at that moment.').waitFor();
  server.refused.clear();
  await page.getByRole('button', { name: 'Ask again' }).click();
  await page
    .getByRole('region', { name: 'Documents', exact: true })
    .getByText('the first 5 documents', { exact: false })
    .waitFor();
});
