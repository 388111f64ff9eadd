import { existsSync } from 'node:fs';
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

/** Starts a headless Chromium: $LEAFWARD_TEST_CHROMIUM or Debian's package. Throws with the command that installs it. */
export async function startChromium(): Promise<Browser> {
  const root = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: findChromium(),
    headless: true,
    args: [...quiet, ...(root ? ['--no-sandbox'] : [])],
  });
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
