import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Collection } from 'mongodb';
import type { Page } from 'playwright-core';
import type { BackupSet } from '../../src/wire/api/backups.ts';
import { startApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';
import { type ReplicaSet, startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { ProductPages } from './product-pages.ts';

const resources = new AsyncDisposableStack();
let product: Product;
let set: ReplicaSet;
let pages: ProductPages;
let page: Page;
let id: string;
let orders: Collection<{ _id: number; status: string }>;

before(async () => {
  const folder = tempDir('backup-pages');
  set = resources.use(await startReplicaSet({ members: 1, name: 'rs0' }));
  const client = await set.connect();
  resources.defer(() => client.close());
  orders = client.db('shop').collection('orders');
  await orders.insertMany(Array.from({ length: 500 }, (_, at) => ({ _id: at, status: 'open' })));
  product = resources.use(await startProduct(folder));
  await product.api('PATCH', '', { intervalMs: 1000 });
  resources.use(product.startAgent('monitoring', folder));
  await product.api('POST', '/hosts', { host: set.hosts[0] });
  id = await eventually(
    async () => {
      const sets = await product.api<BackupSet[]>('GET', '/backups');
      return sets.find(({ hosts }) => hosts.length > 0)?.replicaSetId ?? false;
    },
    { what: 'the replica set' },
  );
  const { groupId, agentKey, url } = product;
  const lines = [`serverUrl = ${url}`, `groupId = ${groupId}`, `apiKey = ${agentKey}`, 'stateDir = backup-state'];
  writeFileSync(folder.file('backup.config'), `${lines.join('\n')}\n`, { mode: 0o600 });
  resources.use(startApp(['backup-agent', '--settings', folder.file('backup.config')]));
  pages = resources.use(await ProductPages.start(url));
  page = await pages.open();
  await page.goto(`${url}/sign-in?to=${encodeURIComponent(`/g/${groupId}/backups`)}`);
  await page.getByLabel('E-mail address').fill('me@example.net');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
});
after(() => resources.disposeAsync());

test('a set is backed up from the page, and its protection is told as it comes', async () => {
  await page.getByRole('button', { name: 'Back up rs0' }).click();
  const dialog = page.getByRole('dialog', { name: 'Back up rs0' });
  await dialog
    .getByText('there is no healthy secondary', { exact: false })
    .or(dialog.getByText('To read'))
    .first()
    .waitFor();
  await dialog.getByRole('button', { name: 'Start the backup' }).click();
  await dialog.waitFor({ state: 'detached' });
  const card = page.getByRole('region', { name: 'Backup of rs0' });
  await card.getByText(/^Every second since .* can be restored$/).waitFor({ timeout: 180_000 });
  await card.getByRole('link', { name: 'rs0' }).click();
  await page.getByRole('heading', { level: 1, name: 'rs0' }).waitFor();
  await page.getByRole('slider', { name: 'Moment to restore' }).waitFor();
  await page.getByRole('region', { name: 'Snapshots' }).locator('tbody tr').first().waitFor();
});

test('a document is found as it was, with its history, and brought back by the link', async () => {
  const changedAtMs = Date.now();
  await orders.updateOne({ _id: 7 }, { $set: { status: 'paid' } });
  await eventually(
    async () => ((await product.api<BackupSet>('GET', `/backups/${id}`)).protectedUntilMs ?? 0) > changedAtMs + 2000,
    { what: 'the change in the backup' },
  );
  await page.getByRole('link', { name: 'Time travel' }).click();
  const form = page.getByRole('form', { name: 'Find documents' });
  await form.getByLabel('Collection').fill('shop.orders');
  await form.getByLabel('_id, or a filter').fill('7');
  await form.getByRole('button', { name: 'Find' }).click();
  const documents = page.getByRole('region', { name: 'Documents', exact: true });
  await documents.getByText('1 document;', { exact: false }).waitFor();
  await documents.getByText('"paid"').waitFor();
  await documents.getByRole('button', { name: 'History of 7' }).click();
  const history = page.getByRole('region', { name: 'History of a document' });
  await history.locator('ins', { hasText: '"paid"' }).waitFor();
  assert.equal(await history.locator('del').textContent(), '"open"');

  await page.getByRole('link', { name: 'Restore', exact: true }).first().click();
  await page.getByRole('button', { name: 'Some collections' }).click();
  await page.getByLabel('shop all of it').check();
  await page.getByRole('button', { name: 'Link for mongorestore' }).click();
  await page.getByRole('button', { name: 'tar of BSON files' }).click();
  await page.getByRole('button', { name: 'Make the link' }).click();
  const line = (await page.locator('.cmd pre').textContent()) ?? '';
  const link = page.getByRole('list', { name: 'Restore links' }).getByRole('listitem').first();
  await link.getByText('Waiting').waitFor();
  const listing = line.replace('tar --extract --gzip', 'tar --list --gzip');
  assert.match((await promisify(execFile)('bash', ['-c', listing])).stdout, /shop\/orders\.bson/);
  await link.getByText('Used').waitFor();
});

test('a snapshot is taken; terminate is undone; nothing was thrown', async () => {
  await page.getByRole('link', { name: 'Timeline' }).click();
  const card = page.getByRole('region', { name: 'Snapshots' });
  await card.getByRole('button', { name: 'Take one now' }).click();
  await card.getByText(/^Taken: /).waitFor({ timeout: 120_000 });
  await page.getByRole('link', { name: 'Schedule and limits' }).click();
  await page.getByRole('button', { name: 'Terminate' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('rs0');
  await page.getByRole('button', { name: 'Delete all backups in 72 hours' }).click();
  await page.getByRole('button', { name: 'Undo the deletion' }).click();
  await page.getByRole('region', { name: 'Stop or terminate' }).waitFor();
  await eventually(async () => (await product.api<BackupSet>('GET', `/backups/${id}`)).state === 'protected', {
    what: 'the protection again',
  });
  assert.deepEqual(pages.errors, []);
});
