import { bundlePages } from '../../build/bundle-pages.ts';
import { PagesFixtureServer } from '../pages/pages-fixture-server.ts';

/**
 * The pages over made data, without a server or a MongoDB: `node test/support/page-dev.ts [port]`, then open /g/g1.
 * Bundles once; start it again after a change. The real thing is `leafward demo`.
 */
const { files } = await bundlePages();
const fixture = await PagesFixtureServer.start(files, Number(process.argv[2] ?? 0));
process.stdout.write(`${fixture.url}/g/g1\n`);
