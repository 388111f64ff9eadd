import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { type Opened, PagesBrowser, violationsOf } from './pages-browser.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());

/** Where links lead from; all other pages are found from them. */
const starts = ['/g/g1', '/account', '/instance', '/sign-in', '/setup/good', '/setup/old', '/g/g1/nothing-here'];
/** Of every person who comes for the first time, and of on-call work: a walk that misses one is broken. */
const expected = [
  '/g/:/alerts',
  '/g/:/events',
  '/g/:/agents',
  '/g/:/backups',
  '/g/:/backups/:',
  '/g/:/backups/:/restore',
  '/g/:/settings/hosts',
  '/g/:/settings/keys',
  '/g/:/settings/download',
];
const pagesAtMost = 80;

test('every page that links lead to: no axe violations, nothing scrolls sideways, no errors', async (context) => {
  await using opened = await browser.open(starts[0] ?? '/', { bypassCSP: true });
  const { page, server } = opened;
  const waiting = [...starts];
  const seen = new Map<string, string>();
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const pattern = starts.includes(path) ? path : patternOf(path);
    if (seen.has(pattern)) continue;
    seen.set(pattern, path);
    assert.ok(seen.size <= pagesAtMost, `the walk does not end: ${[...seen.keys()].join(' ')}`);
    await page.goto(server.url + path);
    await assertGood(opened, path);
    waiting.push(...(await linksOf(page)));
  }
  const missing = expected.filter((pattern) => !seen.has(pattern));
  assert.deepEqual(missing, [], `walked: ${[...seen.keys()].join(' ')}`);
  context.diagnostic(`${seen.size} pages`);
});

async function assertGood({ page, errors }: Opened, path: string): Promise<void> {
  const heading = page.getByRole('heading', { level: 1 }).first();
  await eventually(() => heading.isVisible(), { what: `a heading of ${path} (${errors.join(', ')})` });
  await eventually(async () => (await page.locator('.waiting').count()) === 0, { what: `the data of ${path}` });
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 1440, `${path} scrolls sideways`);
  assert.deepEqual(await violationsOf(page), [], path);
  assert.deepEqual(errors, [], path);
}

/** Addresses of this site that the page links to. */
function linksOf(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('a[href]')].flatMap((link) => {
      const url = new URL((link as HTMLAnchorElement).href);
      // Other groups are not in this fixture; pages of one host have a fixture and a walk of their own: charts.test.ts.
      const elsewhere = /^\/(api|agent|health|settings|repo)\/|^\/g\/(?!g1)|^\/g\/g1\/(hosts\/|compare)|\.(gz|zip)$/;
      const isPage = url.origin === location.origin && !elsewhere.test(url.pathname);
      return isPage ? [url.pathname + url.search] : [];
    }),
  );
}

/** Ids stand for each other: one host's page is as another's. Of the query only tabs and views make another page. */
function patternOf(path: string): string {
  const { pathname, searchParams } = new URL(path, 'http://page');
  const parts = pathname.split('/').map((part, at, all) => (holdsIds.has(all[at - 1] ?? '') ? ':' : part));
  const views = ['tab', 'view', 'how'].flatMap((name) => searchParams.getAll(name).map((value) => `${name}=${value}`));
  return parts.join('/') + (views.length > 0 ? `?${views.join('&')}` : '');
}

const holdsIds = new Set(['g', 'alerts', 'backups', 'setup', 'sign-in', 'rules', 'notifiers', 'members', 'groups']);
