import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Browser, chromium } from 'playwright-core';
import { findOnPath } from './child-process.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome'];
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts a headless Chromium: $LEAFWARD_TEST_CHROMIUM or Debian's package. Closing it ends its process, whatever it answers.
 * Throws with the command that installs it.
 */
export async function startChromium(): Promise<Browser> {
  const root = process.getuid?.() === 0;
  const server = await chromium.launchServer({
    executablePath: findChromium(),
    headless: true,
    host: '127.0.0.1',
    args: [...quiet, ...(root ? ['--no-sandbox'] : [])],
  });
  const browser = await chromium.connect(server.wsEndpoint());
  const close = browser.close.bind(browser);
  browser.close = async () => {
    await letGo(close());
    await server.kill();
  };
  return browser;
}

/**
 * Waits for the end of a page or of a context, but not for ever: now and then Chromium never answers when it is told to let go of one
 * (Target.disposeBrowserContext), and Playwright knows no deadline there. What is left ends with the browser.
 */
export async function letGo(closing: Promise<void>): Promise<void> {
  const ended = new AbortController();
  const late = delay(10_000, undefined, { signal: ended.signal }).catch(() => undefined);
  await Promise.race([closing, late]).finally(() => ended.abort());
}

export function findChromium(): string {
  const named = process.env['LEAFWARD_TEST_CHROMIUM'];
  if (named !== undefined) {
    if (existsSync(named)) return named;
    throw new Error(`LEAFWARD_TEST_CHROMIUM names ${named}, which does not exist`);
  }
  for (const name of names) {
    const path = findOnPath(name);
    if (path !== undefined) return path;
  }
  throw new Error(
    'no Chromium to test the pages with: run "sudo apt-get install chromium", or set LEAFWARD_TEST_CHROMIUM to the path of a Chromium or Chrome',
  );
}
