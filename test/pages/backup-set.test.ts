import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { backupSet, lostSet, scanningSet } from './backup-fixture-data.ts';
import { PagesBrowser, violationsOf } from './pages-browser.ts';
import { stillBox } from './still-box.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());
const open: PagesBrowser['open'] = (...args) => browser.open(...args);

const base = '/g/g1/backups';
const checkout = `${base}/rs-checkout`;

test('an event and the poll of a scan bring new figures; a failed read leaves the old ones grey', async () => {
  await using opened = await open(`${base}/rs-billing`, {}, (server) => {
    server.backups.sets = [scanningSet('billing', 20)];
  });
  const { page, server } = opened;
  await page.getByText('4 of 20 collections', { exact: false }).waitFor();
  await eventually(() => server.streams === 1, { what: 'the stream' });
  const [before] = server.backups.sets;
  assert.ok(before?.scan != null);
  const done = before.scan.collections.map((row) => ({ ...row, done: true, bytes: row.allBytes }));
  server.backups.sets = [{ ...before, scan: { ...before.scan, collections: done, doneCollections: done.length } }];
  // No event: a scan is read again by itself.
  await page.getByText('20 of 20 collections', { exact: false }).waitFor();
  server.broken.add('/groups/g1/backups/rs-billing');
  server.publish({ type: 'backups' });
  await page.getByText('The store is busy.').waitFor();
  assert.equal(await page.locator('.fresh.old').getByText('20 of 20 collections', { exact: false }).count(), 1);
  const again = page.getByRole('button', { name: 'Try now' });
  await again.waitFor();
  server.broken.clear();
  server.backups.sets = [backupSet('billing')];
  // The scan's own poll may have been quicker: then there is nothing left to press.
  await again.evaluateAll((buttons) => buttons.forEach((button) => button instanceof HTMLElement && button.click()));
  await page.getByRole('heading', { name: /^Every second since/ }).waitFor();
});

test('5,000 collections of a scan are a list of which only the near part is drawn', async () => {
  await using opened = await open(`${base}/rs-billing`, {}, (server) => {
    server.backups.sets = [scanningSet('billing', 5000)];
  });
  const { page } = opened;
  await page.getByRole('progressbar', { name: 'Initial sync' }).and(page.locator('[aria-valuenow="35"]')).waitFor();
  await page.getByRole('button', { name: 'Show all 5,000' }).click();
  await eventually(async () => (await page.locator('table.scan-rows tbody tr').count()) > 20, { what: 'more rows' });
  assert.ok((await page.locator('table.scan-rows tbody tr').count()) < 120);
});

test('a lost place: why, since when, and a resync by one click', async () => {
  await using opened = await open(`${base}/rs-legacy`, {}, (server) => {
    server.backups.sets = [lostSet('legacy')];
  });
  const { page, server } = opened;
  const box = page.getByRole('region', { name: 'Can I get my data back?' });
  await box.getByText(/no longer holds the place.* Since \w+ \d+ \w+, .* UTC\./).waitFor();
  await box.getByRole('button', { name: 'Resync' }).click();
  await page.getByRole('heading', { name: 'The initial sync is about to begin' }).waitFor();
  assert.deepEqual(
    [server.changes[0]?.path, server.changes[0]?.body],
    ['/groups/g1/backups/rs-legacy/resync', { kind: 'resync' }],
  );
});

test('the timeline is walked by keys: holes say why, snapshots are reached, Enter opens the wizard at that second', async () => {
  await using opened = await open(checkout);
  const { page, server } = opened;
  const bar = page.getByRole('slider', { name: 'Moment to restore' });
  await bar.focus();
  await bar.press('Home');
  assert.match((await bar.getAttribute('aria-valuetext')) ?? '', /older than the window/);
  await bar.press('Enter');
  assert.equal(new URL(page.url()).pathname, checkout);
  await bar.press('PageUp');
  const hole = server.backups.timeline.holes[0];
  assert.ok(hole !== undefined);
  for (let press = 0; press < 400; press++) {
    if (Number(await bar.getAttribute('aria-valuenow')) >= hole.fromMs) break;
    await bar.press('Shift+ArrowRight');
  }
  await eventually(
    async () => /the place in the oplog was lost/i.test((await bar.getAttribute('aria-valuetext')) ?? ''),
    {
      what: 'the reason of the hole',
    },
  );
  await bar.press('End');
  await bar.press('PageDown');
  const wanted = Number(await bar.getAttribute('aria-valuenow'));
  assert.equal(wanted, server.backups.timeline.snapshots[0]?.atMs);
  await bar.press('ArrowRight');
  const second = Number(await bar.getAttribute('aria-valuenow'));
  await bar.press('Enter');
  await page.getByRole('heading', { name: '1. The moment' }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('at'), new Date(second).toISOString().replace('.000Z', 'Z'));
});

test('a click on the timeline picks that second, a drag zooms, and the zoom is in the address', async () => {
  await using opened = await open(checkout);
  const { page } = opened;
  const bar = page.getByRole('slider', { name: 'Moment to restore' });
  await bar.waitFor();
  await eventually(async () => (await page.locator('.waiting').count()) === 0, { what: 'the data' });
  const box = await stillBox(bar);
  await page.mouse.move(box.x + box.width * 0.2, box.y + 26);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 26, { steps: 4 });
  await page.mouse.up();
  await eventually(() => /from=.*to=/.test(page.url()), { what: 'the zoom' });
  const { searchParams } = new URL(page.url());
  const [from, to] = [Date.parse(searchParams.get('from') ?? ''), Date.parse(searchParams.get('to') ?? '')];
  assert.ok(Math.abs((to - from) / 3_600_000 - 25 * 1.04 * 0.2) < 0.3, `${(to - from) / 3_600_000} h`);
  const zoomed = await stillBox(bar);
  await page.mouse.click(zoomed.x + zoomed.width / 2, zoomed.y + 26);
  await page.getByRole('heading', { name: '1. The moment' }).waitFor();
  const at = Date.parse(new URL(page.url()).searchParams.get('at') ?? '');
  assert.ok(Math.abs(at - (from + to) / 2) < 60_000);
  await page.goBack();
  await page.waitForURL(/from=/);
});

test('a snapshot is taken with progress, and deleted after its time was typed', async () => {
  await using opened = await open(checkout, { bypassCSP: true });
  const { page, server } = opened;
  const card = page.getByRole('region', { name: 'Snapshots' });
  await card.getByRole('button', { name: 'Take one now' }).click();
  await card.getByText('Taken: 1.1 GiB new, 1 min 24 s').waitFor();
  assert.equal(server.changes[0]?.path, '/groups/g1/backups/rs-checkout/snapshots');
  await card
    .getByRole('button', { name: /^Delete the snapshot of/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog', { name: 'Delete the snapshot' });
  assert.deepEqual(await violationsOf(page), []);
  const name = (await dialog.locator('label b').textContent()) ?? '';
  await dialog.getByRole('textbox').fill(name);
  await dialog.getByRole('button', { name: 'Delete the snapshot' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(
    [server.changes[1]?.method, server.changes[1]?.path],
    ['DELETE', '/groups/g1/backups/rs-checkout/snapshots/s1'],
  );
});

test('the preview of what is kept follows the fields before anything is saved', async () => {
  await using opened = await open(`${checkout}/settings`);
  const { page, server } = opened;
  const form = page.getByRole('form', { name: 'Schedule and retention' });
  const preview = page.getByLabel('What will be kept');
  await preview.getByText('8 snapshots', { exact: true }).waitFor();
  await form.getByLabel('Snapshot every, hours').fill('1');
  await preview.getByText('48 snapshots', { exact: true }).waitFor();
  await form.getByLabel('One a month for, months').fill('0');
  await preview.getByText(/first of each of 12 months/).waitFor({ state: 'detached' });
  assert.equal(server.changes.length, 0);
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Saved.').waitFor();
  assert.deepEqual(server.changes[0]?.body, {
    schedule: {
      snapshotEveryHours: 1,
      windowHours: 24,
      keepAllHours: 48,
      keepDailyDays: 7,
      keepWeeklyWeeks: 4,
      keepMonthlyMonths: 0,
    },
    drillEveryDays: 7,
  });
});

test('filter and limits are sent as the server wants them', async () => {
  await using opened = await open(`${checkout}/settings`);
  const { page, server } = opened;
  const filter = page.getByRole('form', { name: 'What is backed up' });
  await filter.getByLabel('Only these').fill('shop.*\n crm.orders, shop.*\n\n');
  await filter.getByRole('button', { name: 'Save' }).click();
  await filter.getByText('Saved.').waitFor();
  const limits = page.getByRole('form', { name: 'Limits of the initial sync' });
  await limits.getByLabel('Reads at most, MiB/s').fill('12.5');
  await limits.getByLabel('Threads').fill('4');
  await limits.getByRole('button', { name: 'Save' }).click();
  await limits.getByText('Saved.').waitFor();
  assert.deepEqual(
    server.changes.map(({ method, body }) => [method, body]),
    [
      ['PATCH', { filter: { include: ['shop.*', 'crm.orders'], exclude: ['*.cache', 'scratch.*'] } }],
      ['PATCH', { limits: { scanBytesPerSecond: 13_107_200, scanThreads: 4 } }],
    ],
  );
});

test('terminate is confirmed by the name, shows how long it can be undone, and is undone', async () => {
  await using opened = await open(`${checkout}/settings`, { bypassCSP: true });
  const { page, server } = opened;
  await page.getByRole('button', { name: 'Terminate' }).click();
  const dialog = page.getByRole('dialog', { name: 'Terminate the backup' });
  assert.deepEqual(await violationsOf(page), []);
  const verb = dialog.getByRole('button', { name: 'Delete all backups in 72 hours' });
  assert.ok(await verb.isDisabled());
  await dialog.getByRole('textbox').fill('checkout');
  await verb.click();
  const box = page.getByRole('region', { name: 'Deletion' });
  await box.getByText(/^In (3 d|2 d 23 h)/).waitFor();
  await box.getByRole('button', { name: 'Undo the deletion' }).click();
  await page.getByRole('region', { name: 'Stop or terminate' }).waitFor();
  assert.deepEqual(
    server.changes.map(({ path, body }) => [path.split('/').at(-1), body]),
    [
      ['terminate', { confirm: 'checkout' }],
      ['start', {}],
    ],
  );
});

test('stop asks once and says what stays', async () => {
  await using opened = await open(`${checkout}/settings`, { bypassCSP: true });
  const { page, server } = opened;
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Stop the backup of checkout' });
  assert.deepEqual(await violationsOf(page), []);
  await dialog.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('Stopped', { exact: true }).waitFor();
  assert.equal(server.changes[0]?.path, '/groups/g1/backups/rs-checkout/stop');
});

test('who writes: top seven and others, as bytes or operations, one alone, all in the address', async () => {
  await using opened = await open(checkout);
  const { page, server } = opened;
  const card = page.getByRole('region', { name: 'Who writes' });
  await card.getByRole('button', { name: /4 others/ }).waitFor();
  assert.equal(await card.locator('.legend li').count(), 8);
  await card.getByRole('button', { name: 'Operations' }).click();
  await card.getByRole('application', { name: /^Operations by namespace/ }).waitFor();
  await card.getByRole('button', { name: /^shop\.orders/ }).click();
  await card.getByRole('button', { name: '1 w' }).click();
  await eventually(() => /writes=operations&writeOf=shop\.orders&writeSpan=1w/.test(page.url()), {
    what: 'the address',
  });
  await eventually(() => server.reads.filter((path) => path.endsWith('/write-sources')).length >= 2, {
    what: 'a week',
  });
});

test('a check names what is damaged and which snapshots need it', async () => {
  await using opened = await open(`${checkout}/settings`, { bypassCSP: true });
  const { page, server } = opened;
  const card = page.getByRole('region', { name: 'Check what is stored' });
  await card.getByRole('button', { name: 'Check' }).click();
  await card.getByRole('alert').getByText('1 of 2,600,000 blocks damaged.').waitFor();
  await card.getByText('abababababab its hash is another one: s3, s4').waitFor();
  assert.equal(server.changes[0]?.path, '/groups/g1/backups/rs-checkout/verify');
  assert.deepEqual(await violationsOf(page), []);
});

test('the deployment says up to when a set can be brought back', async () => {
  await using opened = await open('/g/g1');
  const card = opened.page.getByRole('region', { name: 'Replica set checkout' });
  await card.getByRole('link', { name: /^Restorable up to \d\d:\d\d:\d\d UTC$/ }).click();
  await opened.page.getByRole('heading', { level: 1, name: 'checkout' }).waitFor();
  assert.equal(new URL(opened.page.url()).pathname, checkout);
});

test('drills stand with their outcome and time, and one is run by hand', async () => {
  await using opened = await open(checkout);
  const { page, server } = opened;
  const card = page.getByRole('region', { name: 'Restore drills' });
  await card.getByText('every 7 days').waitFor();
  const rows = card.locator('tbody tr');
  assert.match((await rows.nth(0).textContent()) ?? '', /Equal.*All 214 collections.*40 min 12 s.*drill\.example\.net/);
  assert.match((await rows.nth(1).textContent()) ?? '', /Failed.*shop\.orders differs.*nowhere/);
  await card.getByRole('button', { name: 'Run one now' }).click();
  await eventually(() => server.reads.filter((path) => path.endsWith('/drills')).length >= 2, {
    what: 'the list again',
  });
  assert.equal(server.changes[0]?.path, '/groups/g1/backups/rs-checkout/drills');
});

test('a drill that runs shows how far it is, and what it writes', async () => {
  const drillUnderWay = {
    startedAtMs: Date.now() - 600_000,
    snapshotAtMs: Date.now() - 3_600_000,
    target: 'drill.example.net:27017',
    agentId: 'b_1',
    progress: {
      phase: 'data',
      documents: 12_000_000,
      bytes: 200 * 2 ** 30,
      allBytes: 640 * 2 ** 30,
      bytesPerSecond: 90 * 2 ** 20,
      secondsLeft: 5000,
      doing: ['shop.orders', 'shop.customers'],
    },
  } as const;
  await using opened = await open(checkout, { bypassCSP: true }, (server) => {
    server.backups.sets = server.backups.sets.map((set) =>
      set.name === 'checkout'
        ? {
            ...set,
            drillUnderWay: {
              ...drillUnderWay,
              progress: { ...drillUnderWay.progress, doing: [...drillUnderWay.progress.doing] },
            },
          }
        : set,
    );
  });
  const { page } = opened;
  const card = page.getByRole('region', { name: 'Restore drill under way' });
  await card.getByText('200 GiB of 640 GiB').waitFor();
  assert.match(
    (await card.textContent()) ?? '',
    /1 h 23 min left.*Writing.*90 MiB\/s.*into drill\.example\.net:27017.*shop\.orders, shop\.customers/,
  );
  assert.equal(await card.getByRole('progressbar').getAttribute('aria-valuenow'), '31');
  assert.deepEqual(await violationsOf(page), []);
});
