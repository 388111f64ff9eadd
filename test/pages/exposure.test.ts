import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HostExposure } from '../../src/wire/api/exposure.ts';
import { eventually } from '../support/eventually.ts';
import { PagesBrowser } from './pages-browser.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());

test('an owner switches the check for exposed hosts on, and the page of a host says what was seen from where', async () => {
  const seen: HostExposure = {
    hostId: 'h1',
    finding: 'open',
    severity: 'bad',
    detail: 'MongoDB at 198.51.100.20:27017 lists 4 databases to anybody without a login. Close the port now.',
    address: '198.51.100.20:27017',
    tls: false,
    databases: 4,
    seenFrom: { host: 'leafward-1', address: '192.0.2.8' },
    atMs: Date.now() - 60_000,
    sinceMs: Date.now() - 600_000,
    nextAtMs: Date.now() + 240_000,
  };
  await using opened = await browser.open('/g/g1/settings/group', {}, (server) => {
    server.hosts = server.hosts.map((host) => (host.id === 'h1' ? { ...host, exposure: seen } : host));
  });
  const { page, server, errors } = opened;
  const card = page.getByRole('form', { name: 'Exposed hosts' });
  await card.getByText('This is the one connection to hosts that the server itself makes').waitFor();
  await card.getByLabel('Look at the hosts of this group').check();
  await card.getByRole('button', { name: 'Save' }).click();
  await card.getByText('switched on').waitFor();
  assert.deepEqual(server.changes.at(-1)?.body, { enabled: true });
  await page.goto(`${server.url}/g/g1/hosts/h1`);
  const line = page.getByRole('region', { name: 'Seen from outside' });
  await line.getByText('open to anybody').waitFor();
  await line.getByText('seen by leafward-1 (192.0.2.8)').waitFor();
  await line.getByText('lists 4 databases to anybody').waitFor();
  await line.getByRole('button', { name: 'Check now' }).click();
  await eventually(() => server.changes.at(-1)?.path === '/groups/g1/hosts/h1/exposure');
  assert.deepEqual(errors, []);
});
