import { once } from 'node:events';
import { connect } from 'node:net';
import { BSON, type Document } from 'mongodb';

const opMsg = 2013;
const headerBytes = 16;

/**
 * Inserts documents bit for bit (what a driver serializes is never what no driver writes), unordered, over a connection without
 * authentication. Answers which of them the server refused, and the code of each refusal.
 */
export async function insertRaw(
  port: number,
  collection: string,
  documents: readonly Buffer[],
  database = 'test',
): Promise<ReadonlyMap<number, { readonly code: number; readonly text: string }>> {
  const body = Buffer.from(BSON.serialize({ insert: collection, ordered: false, $db: database }));
  const name = Buffer.from('documents\0');
  const sequenceBytes = documents.reduce((sum, { length }) => sum + length, 4 + name.length);
  const parts = [
    Buffer.alloc(headerBytes + 4),
    Buffer.from([0]),
    body,
    Buffer.from([1]),
    Buffer.alloc(4),
    name,
    ...documents,
  ];
  parts[4]?.writeInt32LE(sequenceBytes);
  const message = Buffer.concat(parts);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(1, 4);
  message.writeInt32LE(opMsg, 12);
  const answer = BSON.deserialize(await exchange(port, message), { validation: { utf8: false } });
  if (answer['ok'] !== 1) throw new Error(`insert failed: ${JSON.stringify(answer)}`);
  const refused = new Map<number, { code: number; text: string }>();
  for (const { index, code, errmsg } of answer['writeErrors'] ?? []) refused.set(index, { code, text: errmsg });
  return refused;
}

/** Runs a command as it stands: a driver would put its own session into it. `command` names its `$db`. */
export async function runRaw(port: number, command: Document): Promise<Document> {
  const body = Buffer.from(BSON.serialize(command));
  const message = Buffer.concat([Buffer.alloc(headerBytes + 4), Buffer.from([0]), body]);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(1, 4);
  message.writeInt32LE(opMsg, 12);
  return BSON.deserialize(await exchange(port, message));
}

/** One message there, one back: the body of the answer. */
async function exchange(port: number, message: Buffer): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(120_000, () => socket.destroy(new Error('the server did not answer for 120 s')));
  await once(socket, 'connect');
  socket.write(message);
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk]);
    if (received.length >= headerBytes && received.length >= received.readInt32LE(0)) break;
  }
  if (received.length < headerBytes + 5) throw new Error('the server closed the connection');
  return received.subarray(headerBytes + 5);
}
