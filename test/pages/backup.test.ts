import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { backupSet, backupSets, offSet } from './backup-fixture-data.ts';
import { PagesBrowser, violationsOf } from './pages-browser.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());
const open: PagesBrowser['open'] = (...args) => browser.open(...args);

const base = '/g/g1/backups';
const checkout = `${base}/rs-checkout`;
const longSet = `rs-${backupSets()[5]?.name ?? ''}`;
const pages = [
  [base, 'Backups'],
  [checkout, 'checkout'],
  [`${checkout}?span=all`, 'checkout'],
  [`${base}/rs-legacy`, 'legacy'],
  [`${base}/rs-billing`, 'billing'],
  [`${base}/rs-sandbox`, 'sandbox'],
  [`${checkout}/settings`, 'checkout'],
  [`${base}/${longSet}/settings`, longSet.slice(3)],
  [`${checkout}/restore?ns=shop.*`, 'checkout'],
  [`${checkout}/restore?how=link`, 'checkout'],
  [`${checkout}/explore?ns=shop.orders`, 'checkout'],
  [
    `${checkout}/explore?ns=shop.orders&history=${encodeURIComponent('{"$oid":"65a1b2c3d4e5f6071829a0b0"}')}`,
    'checkout',
  ],
] as const;
const views = [
  [1440, 1000, 'light'],
  [390, 844, 'dark'],
] as const;

for (const [path, heading] of pages) {
  test(`${path}, wide and light, narrow and dark: no axe violations, nothing scrolls sideways, no errors`, async () => {
    await using opened = await open(path, { colorScheme: 'light', bypassCSP: true });
    const { page } = opened;
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    await eventually(async () => (await page.locator('.waiting').count()) === 0, { what: 'the data' });
    for (const [width, height, colorScheme] of views) {
      await page.setViewportSize({ width, height });
      // Without motion: half way from one theme to the other no colour is one that is meant.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const fits = async () => (await page.evaluate(() => document.documentElement.scrollWidth)) <= width;
      // A chart takes its new width in the next frame.
      await eventually(fits, { what: 'nothing that scrolls sideways' });
      assert.deepEqual(await violationsOf(page), []);
    }
    assert.deepEqual(opened.errors, []);
  });
}

test('the overview says first what is wrong, and for each set up to when it can be restored', async () => {
  await using opened = await open(base);
  const { page } = opened;
  await page.getByRole('heading', { name: /^legacy: Protection ended at .* a resync is needed$/ }).waitFor();
  const sets = page.locator('section.backup-set h2');
  await eventually(async () => (await sets.count()) >= 3, { what: 'the sets' });
  assert.deepEqual((await sets.allTextContents()).slice(0, 2), ['legacy', 'search']);
  const healthy = page.getByRole('region', { name: 'Backup of checkout' });
  await healthy.getByText(/^Every second since .* UTC can be restored$/).waitFor();
  await healthy.getByText('up to date').waitFor();
});

test('without backup agents the lines that start one stand there, with a key once it was made', async () => {
  await using opened = await open(base, {}, (server) => {
    server.backups.sets = [offSet('rs0')];
    server.agents = server.agents.filter(({ kind }) => kind !== 'backup');
  });
  const { page, server } = opened;
  await page.getByRole('heading', { name: 'No backup agent runs yet' }).waitFor();
  const archive = page.getByRole('link', { name: 'Download the backup agent' });
  assert.equal(await archive.getAttribute('href'), '/g/g1/settings/download?agent=backup');
  const lines = page.locator('.cmd pre');
  assert.match(
    (await lines.textContent()) ?? '',
    /apiKey = KEY\nEND\nleafward backup-agent --settings backup-agent\.config$/,
  );
  await page.getByRole('button', { name: 'Make a key for it' }).click();
  await page.getByText('is shown this once').waitFor();
  assert.match(
    (await lines.textContent()) ?? '',
    /serverUrl = https:\/\/leafward\.example\.net\ngroupId = g1\napiKey = lfw_k3_secret\n/,
  );
  const [change] = server.changes;
  assert.equal((change?.body as { scope: string } | undefined)?.scope, 'backup');
});

test('an encrypted store reminds of its recovery kit with the command, until one was exported', async () => {
  await using opened = await open(base);
  const { page, server } = opened;
  const card = page.getByRole('region', { name: 'Export the recovery kit' });
  assert.match(
    (await card.locator('.cmd pre').textContent()) ?? '',
    /^leafward backup export-recovery-kit recovery-kit\.json --from-store DATA_DIR\/backups --master-key-file \S+$/,
  );
  server.backups.store = { ...server.backups.store, recoveryKit: 'exported' };
  await page.reload();
  await page.getByText("Free on the store's disk").waitFor();
  await page.getByText('900 GiB').waitFor();
  assert.equal(await card.count(), 0);
});

test('without a replica set the next step is the deployment', async () => {
  await using opened = await open(base, {}, (server) => {
    server.backups.sets = [];
  });
  await opened.page.getByRole('heading', { name: 'No replica set is known yet' }).waitFor();
  await opened.page.getByRole('link', { name: 'Open the deployment' }).click();
  await opened.page.getByRole('heading', { level: 1, name: 'Deployment' }).waitFor();
});

test('a set is backed up after its dry answer was read, and nothing is asked before the second click', async () => {
  await using opened = await open(base, { bypassCSP: true });
  const { page, server } = opened;
  await page.getByRole('button', { name: 'Back up sandbox' }).click();
  const dialog = page.getByRole('dialog', { name: 'Back up sandbox' });
  await dialog.getByText('The initial sync takes about 3 h, the oplog holds 2 h.').waitFor();
  await dialog.getByText('642 GiB').waitFor();
  assert.deepEqual(await violationsOf(page), []);
  assert.deepEqual(server.changes, []);
  await dialog.getByRole('button', { name: 'Start the backup' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(
    server.changes.map(({ method, path, csrf }) => [method, path, csrf]),
    [['POST', '/groups/g1/backups/rs-sandbox/start', 'csrf-of-the-fixture']],
  );
  await page.getByRole('region', { name: 'Backup of sandbox' }).getByText('Starting').waitFor();
});

test('a refused start stays in the dialog with the next step', async () => {
  await using opened = await open(base, {}, (server) => {
    server.refused.set('/groups/g1/backups/rs-sandbox/start', {
      code: 'STORE_FULL',
      message: 'the store is full',
      hint: 'Free some space.',
    });
  });
  await opened.page.getByRole('button', { name: 'Back up sandbox' }).click();
  await opened.page.getByRole('button', { name: 'Start the backup' }).click();
  await opened.page.getByRole('alert').getByText('The store is full. Free some space.').waitFor();
});

test('1,000 sets that are off: only what is near the screen is drawn', async () => {
  await using opened = await open(base, {}, (server) => {
    server.backups.sets = [backupSet('rs0'), ...Array.from({ length: 1000 }, (_, at) => offSet(`set${at}`))];
  });
  await opened.page.getByRole('button', { name: 'Back up set0' }).waitFor();
  assert.ok((await opened.page.locator('table.off-sets tbody tr').count()) < 100);
});

test('pages whose code cannot be fetched say so, and come when it can', async () => {
  await using opened = await open('/g/g1');
  const { page } = opened;
  await page.getByRole('heading', { level: 1, name: 'Deployment' }).waitFor();
  await page.route('**/assets/part-*.js', (route) => route.abort());
  await page.getByRole('link', { name: 'Backups' }).click();
  await page.getByRole('alert').getByText('This page could not be loaded').waitFor();
  await page.unroute('**/assets/part-*.js');
  await page.getByRole('button', { name: 'Load all anew' }).click();
  await page.getByRole('heading', { level: 1, name: 'Backups' }).waitFor();
});
