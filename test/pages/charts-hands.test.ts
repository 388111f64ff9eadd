import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { letGo, startChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { bundleCharts } from './charts-bundle.ts';
import { ChartsFixtureServer } from './charts-fixture-server.ts';
import { stillBox } from './still-box.ts';

const start = Date.UTC(2026, 10, 21, 3, 0, 0);
let browser: Browser;
let server: ChartsFixtureServer;
before(async () => {
  const assets = await bundleCharts();
  [browser, server] = await Promise.all([startChromium(), ChartsFixtureServer.start(assets, start)]);
});
after(async () => {
  await browser.close();
  await server.close();
});

async function open(path: string, hasTouch = false): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 800, height: 900 }, hasTouch, reducedMotion: 'reduce' });
  page.setDefaultTimeout(90_000);
  await page.clock.install({ time: server.nowMs });
  page.on('pageerror', (error) => assert.fail(`the page threw: ${error.message}`));
  await page.goto(`${server.url}${path}`);
  await page.locator('[data-chart="operations"][aria-busy="false"] canvas').waitFor();
  await stillBox(page.locator('[data-chart="operations"] .u-over'));
  return page;
}

test('a change of the theme draws open charts anew, in other colours', async () => {
  const page = await open('/g/g1/hosts/h1?range=6h');
  const pixels = () =>
    page.locator('[data-chart="operations"] canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const light = await pixels();
  await page.evaluate(() => {
    document.documentElement.dataset['theme'] = 'dark';
    dispatchEvent(new Event('themechange'));
  });
  await eventually(async () => (await pixels()) !== light, { what: 'dark lines' });
  await letGo(page.close());
});

test('a finger that moves sideways zooms as a mouse does, one that scrolls does not', async () => {
  const page = await open('/g/g1/hosts/h1?range=24h', true);
  const drag = (last: 'pointerup' | 'pointercancel') =>
    page.locator('[data-chart="operations"] .u-over').evaluate((over, end) => {
      const box = over.getBoundingClientRect();
      const send = (type: string, share: number) =>
        over.dispatchEvent(
          new PointerEvent(type, {
            pointerType: 'touch',
            bubbles: true,
            clientX: box.left + box.width * share,
            clientY: box.top + 40,
          }),
        );
      send('pointerdown', 0.25);
      send('pointermove', 0.4);
      send('pointermove', 0.5);
      send(end, 0.5);
    }, last);
  await drag('pointercancel');
  assert.equal(new URL(page.url()).searchParams.get('from'), null);
  await drag('pointerup');
  await page.waitForURL(/from=/);
  const query = new URL(page.url()).searchParams;
  const spanMs = Date.parse(query.get('to') ?? '') - Date.parse(query.get('from') ?? '');
  assert.ok(Math.abs(spanMs - 6 * 3_600_000) < 15 * 60_000, `${spanMs}`);
  await letGo(page.close());
});
