import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';

export interface OldMongod extends AsyncDisposable {
  readonly host: string;
  /** Names of the commands that were sent, in order. */
  readonly commands: readonly string[];
}

const opReply = 1;
const opQuery = 2004;
const opMessage = 2013;

/**
 * A mongod as far as the handshake sees it: OP_QUERY and OP_MSG of the wire protocol, answered with the version that is
 * given, and what else `hello` is to say. There is no mongod older than 4.4 to be had for tests; what is asked before the version is known, this answers.
 */
export async function startOldMongod(
  version: string,
  maxWireVersion: number,
  hello: Document = {},
): Promise<OldMongod> {
  const sockets = new Set<Socket>();
  const commands: string[] = [];
  const answer = (command: Document): Document => {
    const name = Object.keys(command)[0] ?? '';
    commands.push(name);
    if (name === 'buildInfo') return { version, ok: 1 };
    const isHello = name === 'hello' || name.toLowerCase() === 'ismaster';
    if (!isHello) return { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: `no such command: '${name}'` };
    const sizes = { maxBsonObjectSize: 16 * 2 ** 20, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000 };
    return {
      ismaster: true,
      ...sizes,
      localTime: new Date(),
      minWireVersion: 0,
      maxWireVersion,
      readOnly: false,
      ...hello,
      ok: 1,
    };
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    let bytes = Buffer.alloc(0);
    socket.on('data', (part: Buffer) => {
      bytes = Buffer.concat([bytes, part]);
      while (bytes.length >= 16 && bytes.length >= bytes.readInt32LE(0)) {
        const length = bytes.readInt32LE(0);
        socket.write(reply(bytes.subarray(0, length), answer));
        bytes = bytes.subarray(length);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given');
  return {
    host: `127.0.0.1:${address.port}`,
    commands,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Header: length, request id, response to, operation (MongoDB wire protocol). */
function reply(message: Buffer, answer: (command: Document) => Document): Buffer {
  const operation = message.readInt32LE(12);
  if (operation === opMessage) {
    const body = Buffer.concat([Buffer.alloc(5), BSON.serialize(answer(BSON.deserialize(message.subarray(21))))]);
    return withHeader(message, opMessage, body);
  }
  if (operation !== opQuery) throw new Error(`operation ${operation} is not known`);
  const nameEnd = message.indexOf(0, 20);
  const document = BSON.serialize(answer(BSON.deserialize(message.subarray(nameEnd + 9))));
  const head = Buffer.alloc(20);
  head.writeInt32LE(1, 16);
  return withHeader(message, opReply, Buffer.concat([head, document]));
}

function withHeader(request: Buffer, operation: number, body: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(16 + body.length, 0);
  header.writeInt32LE(request.readInt32LE(4) + 1, 4);
  header.writeInt32LE(request.readInt32LE(4), 8);
  header.writeInt32LE(operation, 12);
  return Buffer.concat([header, body]);
}
