import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BSON, type Document, MongoClient } from 'mongodb';
import { endChild, startChild } from './child-process.ts';
import { eventually } from './eventually.ts';
import { tempDir } from './temp-dir.ts';

export interface ReplayedHosts extends AsyncDisposable {
  readonly hosts: readonly string[];
}

const commands: readonly Document[] = [
  { hello: 1 },
  { getDiagnosticData: 1 },
  { replSetGetConfig: 1 },
  { buildInfo: 1 },
  { getCmdLineOpts: 1 },
  { hostInfo: 1 },
  { getLog: 'startupWarnings' },
  { listDatabases: 1, nameOnly: true },
  { dbStats: 1 },
];

/** Records what a real member answers now, and lets another process answer the same for `count` hosts. */
export async function replayHosts(uri: string, count: number): Promise<ReplayedHosts> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(tempDir('replay'));
  const recording = folder.file('replies.bson');
  writeFileSync(recording, BSON.serialize(await record(uri)));
  const program = join(import.meta.dirname, 'replay-mongod-main.ts');
  const child = startChild(process.execPath, [program, recording, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  resources.defer(() => endChild(child, 'SIGTERM'));
  if (child.stdout === null) throw new Error('the replay has no output');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const ports: unknown = JSON.parse(line);
  if (!Array.isArray(ports)) throw new Error(`the replay said ${line}`);
  const owned = resources.move();
  return {
    hosts: ports.map((port) => `127.0.0.1:${String(port)}`),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function record(uri: string): Promise<Document> {
  const client = new MongoClient(uri, { directConnection: true });
  const replies: Document = {};
  try {
    const database = client.db('admin');
    const hasData = async () => (await database.command({ getDiagnosticData: 1 }))['data']?.start instanceof Date;
    await eventually(hasData, { what: 'diagnostic data of a member', timeoutMs: 240_000 });
    for (const command of commands) {
      const {
        $clusterTime: _c,
        operationTime: _o,
        ...reply
      } = await database.command(command, { promoteValues: false });
      replies[Object.keys(command)[0] ?? ''] = reply;
    }
  } finally {
    await client.close();
  }
  return replies;
}
