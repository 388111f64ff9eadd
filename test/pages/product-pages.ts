import type { Browser, Page } from 'playwright-core';
import { bundlePages } from '../../build/bundle-pages.ts';
import { startChromium } from '../support/chromium.ts';

/** Browsers whose pages are those of the sources, over the API of a server that runs. */
export class ProductPages implements AsyncDisposable {
  readonly #url: string;
  readonly #browser: Browser;
  readonly #files: ReadonlyMap<string, Uint8Array>;
  /** What the pages threw. */
  readonly errors: string[] = [];

  private constructor(url: string, browser: Browser, files: ReadonlyMap<string, Uint8Array>) {
    this.#url = url;
    this.#browser = browser;
    this.#files = files;
  }

  static async start(url: string): Promise<ProductPages> {
    const { files } = await bundlePages();
    return new ProductPages(url, await startChromium(), files);
  }

  /** A page with cookies of its own: another person. */
  async open(): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width: 1440, height: 1000 },
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(90_000);
    page.on('pageerror', (error) => this.errors.push(error.message));
    await page.route(
      (address) => address.origin === this.#url && !/^\/(api|restore)\//.test(address.pathname),
      async (route) => {
        const { pathname } = new URL(route.request().url());
        const name = this.#files.has(`web${pathname}`) ? `web${pathname}` : 'web/index.html';
        const contentType = name.endsWith('.js') ? 'text/javascript' : name.endsWith('.css') ? 'text/css' : 'text/html';
        await route.fulfill({ body: Buffer.from(this.#files.get(name) ?? ''), contentType });
      },
    );
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
