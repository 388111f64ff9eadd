import type { HostConnection } from '../../src/deployment/connect.ts';
import { Flattener } from '../../src/deployment/flatten-bson.ts';
import { EventNotes } from '../../src/monitor/event-notes.ts';
import { Outbox } from '../../src/monitor/outbox.ts';
import { OutboxDisk } from '../../src/monitor/outbox-disk.ts';
import { Poller, type PollerShare } from '../../src/monitor/poller.ts';
import { RawReplies } from '../../src/monitor/raw-replies.ts';
import { SchemaBook } from '../../src/monitor/sample-schema.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { tempDir } from './temp-dir.ts';

export interface TestPollers extends AsyncDisposable {
  readonly share: PollerShare;
  add(connection: HostConnection, intervalMs?: number): Poller;
}

/** Pollers that share an outbox from which nothing is sent; they close with the scope. */
export async function testPollers(): Promise<TestPollers> {
  const folder = tempDir('pollers');
  const disk = new OutboxDisk(folder.path, 2 ** 20);
  await disk.open();
  const share: PollerShare = {
    outbox: new Outbox({ disk, memoryBytes: 16 * 2 ** 20 }),
    replies: new RawReplies(),
    events: new EventNotes(),
    flattener: new Flattener(),
    schemas: new SchemaBook(),
    log: silentLog,
    primaryWindows: new Map(),
    epoch: () => 1,
  };
  const pollers: Poller[] = [];
  return {
    share,
    add(connection, intervalMs = 1000) {
      const poller = new Poller({ hostId: `h${pollers.length}`, connection, intervalMs }, share);
      pollers.push(poller);
      return poller;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(pollers.map((poller) => poller.close()));
      await folder[Symbol.asyncDispose]();
    },
  };
}
