import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type App, runApp, startApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

interface Session {
  readonly groups: readonly { readonly id: string }[];
}
interface HostView {
  readonly host: string;
  readonly lastSampleAtMs?: number | null;
}

/** Processes whose environment or command line names the folder: everything that the demo started in it. */
function processesOf(folder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => ['environ', 'cmdline'].some((file) => read(`/proc/${pid}/${file}`).includes(folder)))
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // It ended meanwhile.
    return '';
  }
}

function startDemo(folder: TempDir, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): App {
  mkdirSync(folder.file('tmp'), { recursive: true });
  const command = args.length > 0 ? args : ['demo', '--listen', '127.0.0.1:0'];
  return startApp(command, { env: { TMPDIR: folder.file('tmp'), MONGODB_URI: '', ...env } });
}

/** Opens the link as the page does; gives back how to ask the API. */
async function signIn(link: string): Promise<(path: string) => Promise<unknown>> {
  const { origin, pathname } = new URL(link);
  const token = pathname.split('/').at(-1);
  const response = await fetch(`${origin}/api/v1/session/link`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ token }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  const cookie = response.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const { groups } = (await response.json()) as Session;
  const group = groups[0]?.id ?? '';
  return async (path) => (await fetch(`${origin}/api/v1/groups/${group}${path}`, { headers: { cookie } })).json();
}

async function untilHosts(api: (path: string) => Promise<unknown>, count: number): Promise<void> {
  await eventually(
    async () => {
      const hosts = (await api('/hosts')) as HostView[];
      return hosts.length === count && hosts.every((host) => typeof host.lastSampleAtMs === 'number');
    },
    { timeoutMs: 240_000, everyMs: 250, what: `${count} hosts with samples` },
  );
}

const linkLine = /^\s+(http:\/\/\S+\/sign-in\/\S+)$/;

test('the demo shows a replica set of three behind one link, and Ctrl-C leaves nothing', {
  timeout: 600_000,
}, async () => {
  await using folder = tempDir();
  await using demo = startDemo(folder);
  const [, link = ''] = await demo.line(linkLine, 180_000);
  const api = await signIn(link);
  await untilHosts(api, 3);
  await eventually(
    async () => {
      const sets = (await api('/backups')) as { state: string }[];
      return sets.length === 1 && sets[0]?.state === 'protected';
    },
    { timeoutMs: 240_000, everyMs: 250, what: 'the set to be backed up' },
  );
  await eventually(() => processesOf(folder.path).length >= 6, { what: 'all of its processes' });
  demo.signal('SIGINT');
  assert.equal(await demo.ended(), 0);
  await eventually(() => processesOf(folder.path).length === 0, { what: 'the end of every process' });
  assert.deepEqual(readdirSync(folder.file('tmp')), []);
});

test('a demo that is killed takes everything with it', { timeout: 600_000 }, async () => {
  await using folder = tempDir();
  await using demo = startDemo(folder);
  await demo.line(linkLine, 180_000);
  await eventually(() => processesOf(folder.path).length >= 5, { what: 'all of its processes' });
  await demo.crash();
  await eventually(() => processesOf(folder.path).length === 0 && readdirSync(folder.file('tmp')).length === 0, {
    what: 'the end of every process and file',
  });
});

test('the demo can be stopped while it starts', { timeout: 600_000 }, async () => {
  await using folder = tempDir();
  await using demo = startDemo(folder);
  await demo.line(/Starting a replica set/);
  demo.signal('SIGTERM');
  await demo.ended();
  await eventually(() => processesOf(folder.path).length === 0, { what: 'the end of every process' });
  assert.deepEqual(readdirSync(folder.file('tmp')), []);
});

test('without a mongod the demo says what to do', async () => {
  const { status, stderr } = await runApp(['demo', '--mongod', '/no/such/mongod'], { env: { MONGODB_URI: '' } });
  assert.equal(status, 66);
  assert.match(stderr, /next: Name the path of a mongod/);
});

test('up keeps group, agents and hosts from one start to the next', { timeout: 600_000 }, async () => {
  await using folder = tempDir();
  await using set = await startReplicaSet({ members: 1 });
  const args = ['up', '--data-dir', folder.file('data'), '--listen', '127.0.0.1:0'];
  const agents: string[][] = [];
  // The second start names no host: it is remembered.
  for (const more of [[set.uri], []]) {
    await using up = startDemo(folder, [...args, ...more]);
    const [, link = ''] = await up.line(linkLine, 180_000);
    const api = await signIn(link);
    await untilHosts(api, 1);
    const ids = await eventually(
      async () => {
        const known = (await api('/agents')) as { id: string; kind: string; role: string }[];
        return known.length === 2 && known.map(({ id, kind }) => `${kind} ${id}`).sort();
      },
      { timeoutMs: 240_000, what: 'both agents' },
    );
    agents.push(ids);
    assert.equal(await up.stop(), 0);
    assert.deepEqual(processesOf(folder.file('data')), []);
  }
  assert.deepEqual(
    agents[0]?.map((agent) => agent.split(' ')[0]),
    ['backup', 'monitoring'],
  );
  assert.deepEqual(agents[1], agents[0]);
  assert.ok(existsSync(folder.file('data/owner.json')));
});
