import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { letGo, startChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { bundleCharts } from './charts-bundle.ts';
import { restartAgoMs, silentMs } from './charts-fixture-data.ts';
import { ChartsFixtureServer } from './charts-fixture-server.ts';
import { stillBox } from './still-box.ts';

const start = Date.UTC(2026, 10, 21, 3, 0, 0);
const hour = 3_600_000;
let browser: Browser;
let server: ChartsFixtureServer;
let axe: string;

before(async () => {
  const assets = await bundleCharts();
  [browser, server, axe] = await Promise.all([
    startChromium(),
    ChartsFixtureServer.start(assets, start),
    readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
  ]);
});
after(async () => {
  await browser.close();
  await server.close();
});

/** A page whose clock stands at the fixture's start, with errors of the page failing the test. */
async function open(path: string, size = { width: 1440, height: 1000 }): Promise<Page> {
  const page = await browser.newPage({ viewport: size, timezoneId: 'Asia/Tokyo', reducedMotion: 'reduce' });
  await page.clock.install({ time: server.nowMs });
  page.setDefaultTimeout(90_000);
  page.on('pageerror', (error) => assert.fail(`the page threw: ${error.message}`));
  await page.goto(`${server.url}${path}`);
  return page;
}

/** What the charts show: label of every visible chart with its drawn state, from the accessible sentence. */
const sentences = (page: Page) =>
  page
    .locator('.chart .plot[aria-label]')
    .evaluateAll((plots) =>
      plots
        .filter((plot) => plot.getBoundingClientRect().top < innerHeight)
        .map((plot) => plot.getAttribute('aria-label')),
    );
const drawn = (page: Page, chart: string) =>
  page.locator(`[data-chart="${chart}"][aria-busy="false"] canvas`).waitFor();
const pixels = (page: Page, chart: string) =>
  page.locator(`[data-chart="${chart}"] canvas`).evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

async function drag(page: Page, chart: string, from: number, to: number): Promise<void> {
  const box = await stillBox(page.locator(`[data-chart="${chart}"] .u-over`));
  await page.mouse.move(box.x + box.width * from, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), box.y + 50, { steps: 4 });
  await page.mouse.move(box.x + box.width * to, box.y + 60, { steps: 4 });
  await page.mouse.up();
}

test('dragging over one chart zooms all of them and writes the span into the address', async () => {
  const page = await open('/g/g1/hosts/h1?range=24h');
  await drawn(page, 'connections');
  await drawn(page, 'operations');
  const before = await pixels(page, 'connections');
  await drag(page, 'operations', 0.25, 0.5);
  await page.waitForURL(/from=/);
  const query = new URL(page.url()).searchParams;
  const [from, to] = [Date.parse(query.get('from') ?? ''), Date.parse(query.get('to') ?? '')];
  assert.ok(Math.abs(from - (start - 18 * hour)) < 15 * 60_000, query.get('from') ?? '');
  assert.ok(Math.abs(to - (start - 12 * hour)) < 15 * 60_000, query.get('to') ?? '');
  assert.equal(query.get('range'), null);
  await page.waitForFunction(
    (old) => document.querySelector<HTMLCanvasElement>('[data-chart="connections"] canvas')?.toDataURL() !== old,
    before,
  );
  const metricsOf = (asked: URL) => asked.searchParams.getAll('metric').length;
  await eventually(
    () =>
      server.seriesRequests.some((asked) => Number(asked.searchParams.get('from')) === from && metricsOf(asked) > 20),
    { what: 'one request with the metrics of all visible charts' },
  );
  await eventually(
    async () => {
      const said = await sentences(page);
      return said.length > 0 && said.every((words) => /20 Nov 0[89]:\d\d – 1[45]:\d\d UTC/.test(words ?? ''));
    },
    { what: 'the span in all charts' },
  );
  await page.goBack();
  await page.locator('.presets [aria-pressed="true"]', { hasText: '24 h' }).waitFor();
  await letGo(page.close());
});

test('the copied link shows exactly the same in another browser', async () => {
  const page = await open(
    '/g/g1/hosts/h1?range=6h&zone=local&chart=latency&only=operations~operations.query&add=serverStatus.locks.x',
  );
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await drawn(page, 'latency');
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Copied').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /from=2026-11-20T21%3A0\d%3A\d\dZ&to=2026-11-21T03%3A0\d%3A\d\dZ/);
  const [second, third] = [await open(link.slice(server.url.length)), await open(link.slice(server.url.length))];
  for (const copy of [second, third]) {
    await drawn(copy, 'latency');
    await copy.locator('[data-chart="latency"] .statistics tbody tr').first().waitFor();
    assert.equal(
      await copy.locator('[data-chart="operations"] .legend [aria-pressed="true"] .name').innerText(),
      'Query',
    );
    assert.equal(await copy.locator('[data-chart="+serverStatus.locks.x"]').count(), 1);
    assert.equal(await copy.getByRole('button', { name: 'Local' }).getAttribute('aria-pressed'), 'true');
    await copy.getByText(/21 Nov 06:0\d – 12:0\d/).waitFor();
  }
  for (const chart of ['latency', 'operations', '+serverStatus.locks.x']) {
    const said = [];
    for (const copy of [second, third]) {
      await copy.locator(`[data-chart="${chart}"][aria-busy="false"] canvas`).waitFor();
      said.push(await copy.locator(`[data-chart="${chart}"] .plot`).getAttribute('aria-label'));
    }
    assert.equal(said[0], said[1]);
  }
  assert.equal(
    await second.locator('[data-chart="latency"] .statistics').innerText(),
    await third.locator('[data-chart="latency"] .statistics').innerText(),
  );
  for (const one of [page, second, third]) await one.close();
});

test('a new sample appears without a reload and only the new part is asked', async () => {
  const page = await open('/g/g1/hosts/h1?range=1h');
  await drawn(page, 'operations');
  await page.evaluate(() => Reflect.set(globalThis, 'notReloaded', true));
  await stillBox(page.locator('[data-chart="operations"] .u-over'));
  await page.waitForFunction(() => document.querySelector('main')?.dataset['ready'] !== undefined);
  await eventually(() => server.streams === 1, { what: 'the stream' });
  const before = await pixels(page, 'operations');
  const requests = server.seriesRequests.length;
  // What comes on screen only now is read whole.
  const tailsOf = () =>
    server.seriesRequests
      .slice(requests)
      .filter((asked) => asked.searchParams.getAll('metric').includes('operations.query'));
  server.advance(20_000);
  const tails = await eventually(() => (tailsOf().length > 0 ? tailsOf() : undefined), {
    what: 'the new part is asked',
  });
  await page.waitForFunction(
    (old) => document.querySelector<HTMLCanvasElement>('[data-chart="operations"] canvas')?.toDataURL() !== old,
    before,
  );
  assert.equal(await page.evaluate(() => Reflect.get(globalThis, 'notReloaded')), true);
  for (const tail of tails) assert.ok(Number(tail.searchParams.get('from')) >= start - 60_000, tail.search);
  server.nowMs = start;
  await letGo(page.close());
});

test('the line is not drawn across a gap, which is hatched', async () => {
  const from = start - restartAgoMs - 2 * silentMs;
  const to = start - restartAgoMs + silentMs;
  const page = await open(`/g/g1/hosts/h1?from=${from}&to=${to}&chart=connections`);
  await drawn(page, 'connections');
  await page.locator('[data-chart="connections"] .statistics').waitFor();
  assert.match(
    (await page.locator('[data-chart="connections"] .plot').getAttribute('aria-label')) ?? '',
    /One span has no samples/,
  );
  const look = () =>
    page.locator('[data-chart="connections"]').evaluate((card) => {
      const canvas = card.querySelector('canvas');
      const over = card.querySelector<HTMLElement>('.u-over');
      const context = canvas?.getContext('2d');
      if (canvas === null || over === null || context == null) return null;
      const probe = document.createElement('span');
      probe.style.color = 'var(--s1, rgb(67, 145, 118))';
      card.append(probe);
      const [red = 0, green = 0, blue = 0] = getComputedStyle(probe).color.match(/\d+/g)?.map(Number) ?? [];
      probe.remove();
      const ratio = canvas.width / canvas.clientWidth;
      const count = (part: number) => {
        const x = Math.round((over.offsetLeft + over.clientWidth * part) * ratio);
        const { data } = context.getImageData(
          x,
          Math.round(over.offsetTop * ratio),
          1,
          Math.round(over.clientHeight * ratio),
        );
        let line = 0;
        let ink = 0;
        for (let at = 0; at < data.length; at += 4) {
          const near =
            Math.abs((data[at] ?? 0) - red) +
              Math.abs((data[at + 1] ?? 0) - green) +
              Math.abs((data[at + 2] ?? 0) - blue) <
            60;
          if (near && (data[at + 3] ?? 0) > 200) line += 1;
          if ((data[at + 3] ?? 0) > 0) ink += 1;
        }
        return { line, ink };
      };
      return { before: count(0.2), gap: count(0.5), after: count(0.85) };
    });
  const colored = await eventually(
    async () => {
      const seen = await look();
      return seen !== null && seen.before.line > 0 && seen.after.line > 0 && seen;
    },
    { what: 'lines before and after the gap' },
  );
  assert.equal(colored.gap.line, 0, JSON.stringify(colored));
  assert.ok(colored.gap.ink > 10, 'the gap is hatched');
  await letGo(page.close());
});

test('one cursor runs through all charts, by mouse and by keyboard, and says its values', async () => {
  const page = await open('/g/g1/hosts/h1?range=6h');
  await drawn(page, 'connections');
  await drawn(page, 'operations');
  await drawn(page, 'latency');
  const box = await stillBox(page.locator('[data-chart="operations"] .u-over'));
  await page.mouse.move(box.x + box.width / 2, box.y + 50);
  const at = page.locator('[data-chart="operations"] .at');
  await page.waitForFunction(() =>
    document.querySelector('[data-chart="operations"] .at')?.textContent?.includes('UTC'),
  );
  await eventually(
    async () => (await page.locator('[data-chart="connections"] .at').innerText()) === (await at.innerText()),
    { what: 'one time at all cursors' },
  );
  await page.locator('[data-chart="latency"] .plot').focus();
  const before = await at.innerText();
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(
    (old) => document.querySelector('[data-chart="operations"] .at')?.textContent !== old,
    before,
  );
  await page
    .locator('[data-chart="latency"] [role="status"]', { hasText: / UTC: Read latency [\d.]+ µs, Write/ })
    .waitFor({ state: 'attached' });
  await letGo(page.close());
});

test('restarts, elections, versions and alerts are marked with words', async () => {
  const page = await open('/g/g1/hosts/h1?range=6h');
  await drawn(page, 'operations');
  const lane = page.getByRole('region', { name: 'Events in this span' });
  for (const expected of [
    /Restarted: the machine booted/,
    /became primary, term 14/,
    /MongoDB 6\.0\.14 became 6\.0\.19/,
    /Lag passed 1 min/,
  ])
    await lane.getByRole('button').filter({ hasText: expected }).first().waitFor();
  const box = await stillBox(page.locator('[data-chart="operations"] .u-over'));
  await page.mouse.move(box.x + box.width * (4 / 6), box.y + 50);
  await page.locator('[data-chart="operations"] .marker-tip', { hasText: 'became primary' }).waitFor();
  await letGo(page.close());
});

test('t opens the range, Esc closes it and the expanded chart; a typed span is shown', async () => {
  const page = await open('/g/g1/hosts/h1?range=6h&chart=latency');
  await drawn(page, 'latency');
  await page.keyboard.press('t');
  const form = page.getByRole('dialog', { name: 'Choose the time range' });
  await form.waitFor();
  await page.keyboard.press('Escape');
  await form.waitFor({ state: 'detached' });
  assert.equal(await page.locator('.chart.expanded').count(), 1);
  await page.keyboard.press('Escape');
  await page.waitForURL((url) => !url.searchParams.has('chart'));
  await page.keyboard.press('t');
  await page.getByLabel('From, UTC').fill('2026-11-20T10:00:00');
  await page.getByLabel('To, UTC').fill('2026-11-20T12:30:00');
  await page.getByRole('button', { name: 'Show this span' }).click();
  await page.waitForURL(/from=2026-11-20T10%3A00%3A00Z&to=2026-11-20T12%3A30%3A00Z/);
  await letGo(page.close());
});

test('Esc is meant for what was opened last: the range before it is drawn, a dialog above an expanded chart', async () => {
  const page = await open('/g/g1/hosts/h1?range=6h&chart=latency');
  await drawn(page, 'latency');
  const isInside = await page.evaluate(async () => {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 't', bubbles: true }));
    for (let turn = 0; turn < 100 && document.querySelector('.range-form') === null; turn++) await Promise.resolve();
    return document.activeElement?.closest('.range-form') != null;
  });
  assert.equal(isInside, true);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Choose the time range' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Add metric' }).click();
  await page.getByRole('combobox').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('combobox').waitFor({ state: 'detached' });
  assert.equal(await page.locator('.chart.expanded').count(), 1);
  await letGo(page.close());
});

test('any of thousands of metrics is found by words and becomes a chart', async () => {
  const page = await open('/g/g1/hosts/h1?range=1h');
  await drawn(page, 'operations');
  await page.getByRole('button', { name: 'Add metric' }).click();
  const search = page.getByRole('combobox');
  await search.fill('counts 1773 netstat');
  await page.getByText(/^1 found/).waitFor();
  assert.ok((await page.getByRole('option').count()) < 30, 'only rows in view exist');
  await search.fill('rather long');
  await page.getByText('2,400 found').waitFor();
  assert.ok((await page.getByRole('option').count()) < 30);
  await search.fill('counts 1773 netstat');
  await page.getByText(/^1 found/).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/add=serverStatus|add=systemMetrics/);
  await page.getByRole('heading', { name: 'Added' }).waitFor();
  await page.getByRole('button', { name: /^Remove/ }).click();
  await page.waitForURL((url) => !url.searchParams.has('add'));
  await letGo(page.close());
});

test('an escaped name is read as the server said it: in the list, as a chart, compared; the address keeps it', async () => {
  const page = await open('/g/g1/hosts/h1?range=1h');
  await drawn(page, 'operations');
  await page.getByRole('button', { name: 'Add metric' }).click();
  await page.getByRole('combobox').fill('local.oplog.rs counts 1774');
  await page.getByText(/^1 found/).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/add=local%252Eoplog%252Ers%252Estats\.wiredTiger/);
  const name =
    'local%2Eoplog%2Ers%2Estats.wiredTiger.cursor.a rather long name of a number that the server counts 1774.total';
  await page.goto(`${server.url}/g/g1/compare?metric=${encodeURIComponent(name)}`);
  const plain = name.replaceAll('%2E', '.');
  await page.getByRole('heading', { name: plain, exact: true }).waitFor();
  await page.getByRole('button', { name: `Metric: ${plain}` }).waitFor();
  await page.goto(`${server.url}/g/g1/compare?metric=${encodeURIComponent('not%2Eknown.100%25')}`);
  await page.getByRole('heading', { name: 'not.known.100%', exact: true }).waitFor();
  await page.goto(`${server.url}/g/g1/hosts/h1?range=1h&add=${encodeURIComponent('sizes.shop%2Eorders')}`);
  await page.getByRole('heading', { name: 'sizes › shop.orders', exact: true }).waitFor();
  await letGo(page.close());
});

test('a click in the legend shows one line alone, more than eight lines are gathered', async () => {
  const page = await open('/g/g1/hosts/h1?range=1h&chart=diskLatency');
  await drawn(page, 'diskLatency');
  const legend = page.locator('[data-chart="diskLatency"] .legend button');
  await eventually(async () => (await legend.count()) === 8, { what: 'eight lines' });
  assert.match(await legend.last().innerText(), /highest of 5 others/);
  await legend.first().click();
  await page.waitForURL(/only=diskLatency/);
  await page.locator('[data-chart="diskLatency"] .legend [aria-pressed="true"]').waitFor();
  assert.equal(await legend.first().getAttribute('aria-pressed'), 'true');
  await legend.first().click();
  await page.waitForURL((url) => !url.searchParams.has('only'));
  await letGo(page.close());
});

test('when the server fails the old lines stay, the reason is said, and it recovers by itself', async () => {
  const page = await open('/g/g1/hosts/h1?range=24h');
  await drawn(page, 'operations');
  await page.locator('[data-chart="operations"][aria-busy="false"]').waitFor();
  server.failing = true;
  await page.getByRole('button', { name: '6 h', exact: true }).click();
  await page
    .locator('[data-chart="operations"].stale', { hasText: /The store is busy\. Next try in \d+ s\./ })
    .waitFor();
  assert.equal(await page.locator('[data-chart="operations"] canvas').count(), 1);
  server.failing = false;
  await page.clock.runFor(2500);
  await page.locator('[data-chart="operations"]:not(.stale)[aria-busy="false"]').waitFor();
  await letGo(page.close());
});

test('a new host shows everything since its first sample, live; one without samples says what comes', async () => {
  server.firstSampleAgoMs = 20 * 60_000;
  const page = await open('/g/g1/hosts/h1');
  await page.getByText('Since the first sample').first().waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await drawn(page, 'operations');
  server.firstSampleAgoMs = 400 * 24 * hour;
  server.empty = true;
  await page.goto(`${server.url}/g/g1/hosts/h1`);
  await page.getByRole('heading', { name: 'Waiting for the first sample' }).waitFor();
  server.empty = false;
  await letGo(page.close());
});

test('compare draws one line a member and keeps metric, set and span in the address', async () => {
  const page = await open('/g/g1/compare?metric=connections.current&set=set1&range=24h');
  await drawn(page, 'compare');
  await page.waitForFunction(() => document.querySelectorAll('.legend li button:not([disabled])').length === 3);
  await page.locator('h2', { hasText: 'Connections' }).waitFor();
  await page.getByRole('button', { name: /^Metric/ }).click();
  await page.getByRole('dialog').getByRole('combobox').fill('replication lag');
  await page
    .getByRole('option', { name: /^replication lag/i })
    .first()
    .waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/metric=replication\.lag/);
  await page.locator('[data-chart="compare"] .plot[aria-label^="Replication lag of checkout"]').waitFor();
  await drag(page, 'compare', 0.3, 0.6);
  await page.waitForURL(/metric=replication\.lag.*set=set1.*from=/);
  await letGo(page.close());
});

test('raw replies and info are shown as they came', async () => {
  const page = await open('/g/g1/hosts/h1/raw');
  await page.getByText('"uptime": 90000').waitFor();
  assert.equal(await page.locator('.replies li').count(), 20);
  await page.locator('.replies li').nth(1).getByRole('button').click();
  await page.getByText('"uptime": 89990').waitFor();
  await page.goto(`${server.url}/g/g1/hosts/h1/info`);
  await page.getByText('mongod --config /etc/mongod.conf').waitFor();
  await page.getByText('Access control is not enabled for the database').waitFor();
  await letGo(page.close());
});

test('nothing breaks the rules of accessibility, and nothing but the page itself scrolls sideways on a phone', async () => {
  const views = [
    '/g/g1/hosts/h1?from=2026-11-20T10:00:00Z&to=2026-11-20T22:30:05Z&chart=latency',
    '/g/g1/hosts/h1/raw',
    '/g/g1/hosts/h1/info',
    '/g/g1/compare?set=set1',
    '/g/g1/hosts/h1?range=6h&theme=dark',
  ];
  for (const [at, path] of views.entries()) {
    const page = await open(path, at % 2 === 0 ? { width: 390, height: 844 } : { width: 1440, height: 1000 });
    await page.locator('canvas, pre').first().waitFor();
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const run: unknown = Reflect.get(Reflect.get(globalThis, 'axe'), 'run');
      if (typeof run !== 'function') throw new Error('axe is not there');
      const answer = await run(document, { resultTypes: ['violations'] });
      return answer.violations.map(
        (one: { id: string; nodes: { html: string }[] }) => `${one.id}: ${one.nodes[0]?.html}`,
      );
    });
    assert.deepEqual(found, [], path);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.equal(wide, false, `${path} scrolls sideways`);
    await letGo(page.close());
  }
});

test('charts without any sample are one line of words', async () => {
  const page = await open('/g/g1/hosts/h1?range=1h');
  await drawn(page, 'operations');
  await page.getByText(/^No samples of: .*flow control[,.]/).waitFor();
  assert.equal(await page.locator('[data-chart="flowControl"]').count(), 0);
  await letGo(page.close());
});

test('charts on a phone are at least 160 px high', async () => {
  const page = await open('/g/g1/hosts/h1?range=6h', { width: 390, height: 844 });
  await drawn(page, 'operations');
  const height = await page.locator('[data-chart="operations"] .plot').evaluate((plot) => plot.clientHeight);
  assert.ok(height >= 160, String(height));
  await letGo(page.close());
});
