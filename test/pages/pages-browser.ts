import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { bundlePages } from '../../build/bundle-pages.ts';
import { letGo, startChromium } from '../support/chromium.ts';
import { PagesFixtureServer } from './pages-fixture-server.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Opened extends AsyncDisposable {
  readonly page: Page;
  readonly server: PagesFixtureServer;
  /** What the page threw or wrote to the console as an error; refused requests of tests excepted. */
  readonly errors: string[];
}

/** Chromium and the built pages, for the tests of one file. */
export class PagesBrowser {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly #browser: Browser;

  private constructor(files: ReadonlyMap<string, Uint8Array>, browser: Browser) {
    this.files = files;
    this.#browser = browser;
  }

  static async start(): Promise<PagesBrowser> {
    const { files } = await bundlePages();
    return new PagesBrowser(files, await startChromium());
  }

  /** Opens a path on a server of its own, after `prepare`. */
  async open(
    path: string,
    options: BrowserContextOptions = {},
    prepare?: (server: PagesFixtureServer) => void,
  ): Promise<Opened> {
    const server = await PagesFixtureServer.start(this.files);
    prepare?.(server);
    const context = await this.#browser.newContext({
      viewport: { width: 1440, height: 1000 },
      reducedMotion: 'reduce',
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(90_000);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of (401|409|503)/.test(message.text())) errors.push(message.text());
    });
    await page.goto(server.url + path);
    return {
      page,
      server,
      errors,
      async [Symbol.asyncDispose]() {
        await letGo(context.close());
        await server[Symbol.asyncDispose]();
      },
    };
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

/** Rules of axe-core that the page breaks, with where; the context must bypass the page's policy. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: axe });
  return page.evaluate(async () => {
    const { axe: runner } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const found = await runner.run();
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  });
}
