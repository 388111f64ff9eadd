import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findNumber } from '../../../src/deployment/find-bson.ts';
import { readFtdc } from '../../../src/deployment/read-ftdc.ts';
import { runApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { type Mongod, startMongod } from '../../support/mongod.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { startWatching, type Watching } from '../../support/watching.ts';

const quick = ['--setParameter', 'diagnosticDataCollectionPeriodMillis=200'];

/** Waits until mongod's own files hold samples over at least `spanMs`; their first and last time. */
async function pastOf(mongod: Mongod, spanMs: number): Promise<{ firstMs: number; lastMs: number }> {
  return eventually(
    async () => {
      const times: number[] = [];
      for await (const bytes of readFtdc(join(mongod.dbPath, 'diagnostic.data')))
        times.push(findNumber(bytes, 'start') ?? 0);
      const [firstMs = 0] = times;
      const lastMs = times.at(-1) ?? 0;
      return lastMs - firstMs >= spanMs && { firstMs, lastMs };
    },
    { timeoutMs: 240_000, everyMs: 500, what: 'a past in diagnostic.data' },
  );
}

async function addHost(watching: Watching, host: string): Promise<string> {
  const { id } = await watching.api<{ id: string }>('POST', '/hosts', { host });
  return id;
}

async function logged(watching: Watching, pattern: RegExp, from = 0): Promise<void> {
  const isThere = (): boolean => watching.lines.slice(from).some((line) => pattern.test(line));
  await eventually(isThere, { timeoutMs: 240_000, what: `a line like ${pattern.source}` });
}

async function pointsOf(watching: Watching, hostId: string, firstMs: number): Promise<number[]> {
  const query = `metric=serverStatus.connections.current&from=${firstMs - 5000}&to=${Date.now()}&points=1000`;
  const { series } = await watching.api<{ series: { points: [number, number | null][] }[] }>(
    'GET',
    `/hosts/${hostId}/series?${query}`,
  );
  return (series[0]?.points ?? []).flatMap(([timeMs, value]) => (value === null ? [] : timeMs));
}

test('the first chart of a mongod on the same machine begins in its past, which is sent once', async () => {
  await using mongod = await startMongod({ args: quick });
  const { firstMs } = await pastOf(mongod, 2000);
  await using folder = tempDir('past');
  await using watching = await startWatching();
  const changes = { importDiagnosticData: true, stateDir: folder.path };
  const agent = await watching.startAgent(changes);
  const hostId = await addHost(watching, mongod.host);
  const first = await eventually(
    async () => {
      const [oldest] = await pointsOf(watching, hostId, firstMs);
      return oldest !== undefined && oldest < firstMs + 10_000 && oldest;
    },
    { timeoutMs: 240_000, everyMs: 300, what: 'a point from before the agent began' },
  ).catch((thrown: unknown) => {
    throw new Error(watching.lines.join('\n'), { cause: thrown });
  });
  assert.ok(first >= firstMs - 10_000);
  const book = folder.file('past.json');
  await eventually(() => readFileSync(book, 'utf8').includes('"done":true'), {
    timeoutMs: 240_000,
    what: 'a note that all was sent',
  });
  await agent.close();

  const before = watching.lines.length;
  await watching.startAgent(changes);
  await logged(watching, /was sent before/, before);
  assert.equal(
    watching.lines.slice(before).some((line) => line.includes('is being read')),
    false,
  );
});

test('between the past and the first own sample there is no hole, though mongod writes its files late', async () => {
  // Its files are up to 12 s behind then, imported samples 10 s apart.
  const late = [...quick, '--setParameter', 'diagnosticDataCollectionSamplesPerInterimUpdate=60'];
  await using mongod = await startMongod({ args: late });
  const { lastMs } = await pastOf(mongod, 11_000);
  // Longer than it takes the agent to begin: what comes from the files alone ends before that.
  await eventually(() => Date.now() > lastMs + 11_000, { timeoutMs: 240_000, what: 'a time that is not in the files' });
  await using folder = tempDir('past');
  await using watching = await startWatching();
  const hostId = await addHost(watching, mongod.host);
  const beganMs = Date.now();
  await watching.startAgent({ importDiagnosticData: true, stateDir: folder.path });
  await eventually(() => readFileSync(folder.file('past.json'), 'utf8').includes('"done":true'), {
    timeoutMs: 240_000,
    what: 'a note that all was sent',
  });
  const times = await eventually(
    async () => {
      const found = await pointsOf(watching, hostId, lastMs - 30_000);
      return (found.at(-1) ?? 0) > beganMs && found;
    },
    { timeoutMs: 240_000, what: 'an own sample' },
  );
  const told = String(times.map((at) => at - beganMs));
  assert.ok((times[0] ?? beganMs) <= lastMs, told);
  assert.ok(
    times.some((timeMs) => timeMs > lastMs && timeMs < beganMs),
    `nothing between what the files held and the first own sample: ${told}`,
  );
});

test('files of another process at the same path are not taken for the past of the host', async () => {
  await using mongod = await startMongod({ args: quick });
  await pastOf(mongod, 1000);
  writeFileSync(join(mongod.dbPath, 'mongod.lock'), '1\n');
  await using folder = tempDir('past');
  await using watching = await startWatching();
  await watching.startAgent({ importDiagnosticData: true, stateDir: folder.path });
  await addHost(watching, mongod.host);
  await logged(watching, /no past of .* that could be read/);
  assert.equal(
    watching.lines.some((line) => line.includes('is being read')),
    false,
  );
});

test('leafward import-ftdc puts the past of a folder on a real server, and a second time adds nothing', async () => {
  await using mongod = await startMongod({ args: quick });
  const { firstMs } = await pastOf(mongod, 2000);
  await using folder = tempDir('past');
  const copy = folder.file('diagnostic.data');
  cpSync(join(mongod.dbPath, 'diagnostic.data'), copy, { recursive: true });
  await using watching = await startWatching();
  const hostId = await addHost(watching, mongod.host);
  const settings = folder.file('agent.config');
  writeFileSync(
    settings,
    `serverUrl = ${watching.serverUrl}\ngroupId = ${watching.groupId}\napiKey = ${watching.agentKey}\nstateDir = ${folder.file('state')}\n`,
  );
  const run = async (): Promise<{ samples: number; appended: number; firstMs: number }> => {
    const { status, stdout, stderr } = await runApp(
      ['import-ftdc', copy, '--settings', settings, '--json'],
      {},
      300_000,
    );
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };
  const sent = await run();
  assert.equal(sent.firstMs, firstMs);
  assert.ok(sent.samples >= 1);
  assert.equal(sent.appended, sent.samples);
  assert.equal((await pointsOf(watching, hostId, firstMs)).length > 0, true);
  assert.equal((await run()).appended, 0);
});
