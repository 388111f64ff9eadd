import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { guessTarget } from '../../src/web/pages/settings/download/guess-target.ts';
import { eventually } from '../support/eventually.ts';
import { PagesBrowser, violationsOf } from './pages-browser.ts';

let browser: PagesBrowser;
before(async () => {
  browser = await PagesBrowser.start();
});
after(() => browser.close());
const open: PagesBrowser['open'] = (...args) => browser.open(...args);

const onLinux = '/g/g1/settings/download?platform=linux-x64';

async function linesOf(page: Page, block = 0): Promise<string[]> {
  return ((await page.locator('.cmd pre').nth(block).textContent()) ?? '').split('\n');
}

for (const [kind, next] of [
  ['monitoring', 'Add the first host'],
  ['backup', 'Open the backups'],
] as const) {
  test(`the download page shows the lines of the ${kind} agent and turns green when it reports`, async () => {
    await using opened = await open(onLinux, { bypassCSP: true });
    const { page, server } = opened;
    if (kind === 'backup') await page.getByRole('button', { name: 'Backup agent' }).click();
    await page.getByRole('button', { name: 'Make the download link' }).click();
    await page.getByText(`Waiting for the first report of the ${kind} agent`).waitFor();
    assert.deepEqual(server.changes[0]?.body, { agent: kind });
    const file = `leafward-${kind}-agent-production-linux-x64.tar.gz`;
    assert.deepEqual(await linesOf(page), [
      `curl -fSo ${file} https://leafward.example.net/settings/agents/TOKEN/linux-x64/${file}`,
      `tar -xzf ${file}`,
      `cd leafward-${kind}-agent`,
      `./leafward ${kind}-agent --settings ${kind}-agent.config`,
    ]);
    assert.deepEqual(await linesOf(page, 1), [`sudo ./leafward ${kind}-agent install --settings ${kind}-agent.config`]);
    await eventually(() => server.streams === 1, { what: 'the stream' });
    const agent = { id: 'a_9', kind, hostname: 'fresh.example.net', atMs: Date.now() };
    server.downloads = server.downloads.map((one) => (one.id === 'd2' ? { ...one, agent, agents: [agent] } : one));
    server.publish({ type: 'downloads' });
    await page.getByRole('heading', { name: `The ${kind} agent on fresh.example.net reports` }).waitFor();
    await page.getByRole('link', { name: next }).waitFor();
    assert.deepEqual(await violationsOf(page), []);
  });
}

test('a link that was made is still there after a look at the other agent', async () => {
  await using opened = await open(onLinux);
  const { page } = opened;
  await page.getByRole('button', { name: 'Make the download link' }).click();
  await page.getByText('leafward-monitoring-agent-production').first().waitFor();
  await page.getByRole('button', { name: 'Backup agent' }).click();
  await page.getByRole('button', { name: 'Make the download link' }).waitFor();
  assert.equal(await page.locator('.cmd').count(), 0);
  await page.getByRole('button', { name: 'Monitoring agent', exact: true }).click();
  await page.getByText(/^curl -fSo leafward-monitoring-agent-production/).waitFor();
});

test('one link is for every platform and way; each has lines of its own, and they are in the address', async () => {
  await using opened = await open('/g/g1/settings/download?agent=both&platform=linux-arm64', {}, (server) => {
    server.downloadChoices = {
      ...server.downloadChoices,
      repositories: { apt: 'https://leafward.example.net/repo/leafward.sources', yum: null },
    };
  });
  const { page, server } = opened;
  await page.getByRole('button', { name: 'Make the download link' }).click();
  await page.getByText(/^curl -fSo leafward-agents-production-linux-arm64.tar.gz/).waitFor();
  await page.getByRole('button', { name: 'apt' }).click();
  await page.getByText(/sources\.list\.d/).waitFor();
  assert.deepEqual(await linesOf(page), [
    'curl -fsS https://leafward.example.net/repo/leafward.sources | sudo tee /etc/apt/sources.list.d/leafward.sources >/dev/null',
    'sudo apt-get update',
    'sudo apt-get install leafward-monitoring-agent leafward-backup-agent',
    ...['monitoring-agent', 'backup-agent'].map(
      (agent) =>
        `curl -fsS https://leafward.example.net/settings/agents/TOKEN/${agent}.config | sudo install -D -m 0640 -g leafward /dev/stdin /etc/leafward/${agent}.d/group.config`,
    ),
    'sudo systemctl enable --now leafward-monitoring-agent',
    'sudo systemctl enable --now leafward-backup-agent',
  ]);
  await page.getByRole('button', { name: 'yum, dnf' }).click();
  await page.getByText(/has no package repository/).waitFor();
  await page.getByRole('button', { name: 'Ansible' }).click();
  await page.getByText(/ansible\.builtin\.unarchive/).waitFor();
  const play = (await linesOf(page)).join('\n');
  const script = `import sys, yaml, json; print(json.dumps(yaml.safe_load(sys.stdin.read())))`;
  const [parsed] = JSON.parse(execFileSync('python3', ['-c', script], { input: play, encoding: 'utf8' })) as [
    { hosts: string; tasks: Record<string, { url?: string; cmd?: string }>[] },
  ];
  assert.equal(parsed.hosts, 'leafward_agents');
  assert.match(parsed.tasks[0]?.['ansible.builtin.get_url']?.url ?? '', /\/linux-arm64\/leafward-agents-.*\.tar\.gz$/);
  assert.match(parsed.tasks[3]?.['ansible.builtin.command']?.cmd ?? '', /^\.\/leafward backup-agent install /);
  await page.getByLabel('Platform').selectOption('win-x64');
  await page
    .getByText(/Unblock-File/)
    .first()
    .waitFor();
  const [fetch, unpack] = await linesOf(page);
  assert.match(fetch ?? '', /^curl\.exe -fSo leafward-agents-production-win-x64\.zip 'https:/);
  assert.equal(unpack, 'tar.exe -xf leafward-agents-production-win-x64.zip');
  assert.equal(new URL(page.url()).searchParams.get('platform'), 'win-x64');
  assert.equal(server.changes.length, 1);
});

test('an archive of both agents is done when both have reported', async () => {
  await using opened = await open('/g/g1/settings/download?agent=both&platform=linux-x64');
  const { page, server } = opened;
  await page.getByRole('button', { name: 'Make the download link' }).click();
  await page.getByText('Waiting for the first report of the agents').waitFor();
  await eventually(() => server.streams === 1, { what: 'the stream' });
  const of = (kind: 'monitoring' | 'backup') => ({ id: kind, kind, hostname: 'fresh.example.net', atMs: Date.now() });
  const report = (agents: ReturnType<typeof of>[]) => {
    server.downloads = server.downloads.map((one) =>
      one.id === 'd2' ? { ...one, agent: of('monitoring'), agents } : one,
    );
    server.publish({ type: 'downloads' });
  };
  report([of('monitoring')]);
  await page.getByRole('heading', { name: 'The monitoring agent on fresh.example.net reports' }).waitFor();
  await page.getByText('The other agent of the archive has not reported yet.').waitFor();
  report([of('monitoring'), of('backup')]);
  await page.getByRole('heading', { name: 'Both agents report, the first one from fresh.example.net' }).waitFor();
});

test('a platform that the server has not is said with the command that brings it, and offers no broken link', async () => {
  await using opened = await open('/g/g1/settings/download?platform=darwin-arm64', { bypassCSP: true });
  const { page } = opened;
  await page.getByText('This server has no executable for macOS arm64.').waitFor();
  assert.deepEqual(await linesOf(page), ['leafward admin artifacts add leafward-0.1.0-darwin-arm64.artifact']);
  assert.equal(await page.getByRole('button', { name: 'Make the download link' }).count(), 0);
  assert.equal(await page.locator('a[download]').count(), 0);
  assert.deepEqual(await violationsOf(page), []);
});

test('where the server made its own CA, every way trusts it first', async () => {
  await using opened = await open(onLinux, {}, (server) => {
    const repositories = { apt: 'https://l/repo/leafward.sources', yum: 'https://l/repo/leafward.repo' };
    server.downloadChoices = {
      ...server.downloadChoices,
      serverCa: '-----BEGIN-----\nabc\n-----END-----\n',
      repositories,
    };
  });
  const { page } = opened;
  await page.getByRole('button', { name: 'Make the download link' }).click();
  await page.getByText(/curl --cacert leafward-ca\.pem -fSo/).waitFor();
  assert.deepEqual((await linesOf(page)).slice(0, 5), [
    "cat > leafward-ca.pem <<'END'",
    '-----BEGIN-----',
    'abc',
    '-----END-----',
    'END',
  ]);
  for (const [way, words] of [
    ['apt', /update-ca-certificates/],
    ['yum, dnf', /update-ca-trust/],
    ['Ansible', /--cacert/],
  ] as const) {
    await page.getByRole('button', { name: way }).click();
    await page.locator('.cmd pre').filter({ hasText: words }).waitFor();
  }
});

test('who is no owner gets the archive without a key, and no list that the server refuses', async () => {
  await using opened = await open('/g/g2/settings/download?agent=backup&platform=linux-arm64', { bypassCSP: true });
  const { page, server } = opened;
  const blank = page.getByRole('link', { name: 'leafward-backup-agent-linux-arm64.tar.gz' });
  assert.equal(await blank.getAttribute('href'), '/settings/leafward-backup-agent-linux-arm64.tar.gz');
  assert.ok(await page.getByRole('button', { name: 'Make the download link' }).isDisabled());
  await page.getByRole('button', { name: 'zip' }).click();
  await page.getByRole('link', { name: 'leafward-backup-agent-linux-arm64.zip' }).waitFor();
  assert.equal(await page.getByRole('heading', { name: 'Links' }).count(), 0);
  assert.deepEqual(
    server.reads.filter((path) => path.endsWith('/downloads')),
    [],
  );
  assert.deepEqual(await violationsOf(page), []);
});

test('the platform of the browser is guessed from what it says of itself', async () => {
  const data = (platform: string, architecture: string) => ({
    userAgent: '',
    userAgentData: { platform, getHighEntropyValues: () => Promise.resolve({ architecture }) },
  });
  const agent = (userAgent: string) => ({ userAgent });
  const cases = [
    [data('macOS', 'arm'), 'darwin-arm64'],
    [data('macOS', 'x86'), 'darwin-x64'],
    [data('Windows', 'x86'), 'win-x64'],
    [data('Windows', 'arm'), 'win-arm64'],
    [data('Linux', 'arm'), 'linux-arm64'],
    [agent('Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0'), 'darwin-arm64'],
    [agent('Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'), 'win-x64'],
    [agent('Mozilla/5.0 (X11; Linux aarch64; rv:140.0) Gecko/20100101 Firefox/140.0'), 'linux-arm64'],
    [agent('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'), 'linux-x64'],
  ] as const;
  for (const [facts, target] of cases) assert.equal(await guessTarget(facts), target, JSON.stringify(facts));
});
