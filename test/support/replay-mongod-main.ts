import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { BSON, type Document, ObjectId } from 'mongodb';
import { bsonType } from '../../src/deployment/bson-elements.ts';
import { numericPlaces } from '../../src/deployment/bson-places.ts';
import { findElement } from '../../src/deployment/find-bson.ts';

/**
 * Answers as mongods at the wire (OP_MSG, and OP_QUERY for the first hello): recorded replies by command name, the diagnostic
 * data with the time of now and with numbers that go up. Arguments: file of recorded replies, number of hosts. Prints their ports.
 */
const [path = '', count = '1'] = process.argv.slice(2);
const recorded = BSON.deserialize(readFileSync(path), { promoteValues: false, promoteBuffers: true });
const opMsg = 2013;
const opQuery = 2004;
const opReply = 1;

const diagnostic = Buffer.from(BSON.serialize(recorded['getDiagnosticData'] ?? {}));
const dataAt = findElement(diagnostic, 'data')?.at ?? 0;
const startAt = dataAt + (findElement(diagnostic.subarray(dataAt), 'start')?.at ?? 0);
const counters = numericPlaces(diagnostic).filter(
  ({ at, kind }, index) => index % 3 === 0 && kind === bsonType.int64 && at !== startAt,
);

/** A third of the 64-bit numbers grow, each at its own pace; a host has its own. */
function diagnosticNow(host: number): Buffer {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const bytes = Buffer.from(diagnostic);
  bytes.writeBigInt64LE(BigInt(now), startAt);
  const seconds = BigInt(Math.floor(performance.now() / 1000));
  for (const [index, { at }] of counters.entries()) {
    const step = seconds * BigInt(1 + ((index * 7919 + host * 31) % 997));
    bytes.writeBigInt64LE(BigInt.asIntN(63, bytes.readBigInt64LE(at) + step), at);
  }
  return bytes;
}

function reply(command: Document, host: number): Buffer {
  const name = Object.keys(command)[0] ?? '';
  if (name === 'getDiagnosticData') return diagnosticNow(host);
  const known: unknown = recorded[name === 'isMaster' || name === 'ismaster' ? 'hello' : name];
  if (typeof known !== 'object' || known === null) {
    return Buffer.from(
      BSON.serialize({ ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: `no such command ${name}` }),
    );
  }
  let document: Document = known;
  if (name === 'replSetGetConfig') {
    const config = document['config'];
    const replicaSetId = new ObjectId(host.toString(16).padStart(24, '0'));
    document = { ...document, config: { ...config, settings: { ...config.settings, replicaSetId } } };
  }
  if ('topologyVersion' in document)
    document = { ...document, localTime: new Date(), isWritablePrimary: true, helloOk: true };
  return Buffer.from(BSON.serialize(document));
}

function answer(message: Buffer, host: number): Buffer {
  const opcode = message.readInt32LE(12);
  const asked = message.readInt32LE(4);
  if (opcode === opQuery) {
    const query = message.indexOf(0, 20) + 9;
    const body = reply(BSON.deserialize(message.subarray(query, query + message.readInt32LE(query))), host);
    const head = Buffer.alloc(36);
    head.writeInt32LE(1, 32);
    return framed(opReply, asked, head, body);
  }
  const size = message.readInt32LE(21);
  const body = reply(BSON.deserialize(message.subarray(21, 21 + size)), host);
  return framed(opMsg, asked, Buffer.alloc(21), body);
}

function framed(opcode: number, responseTo: number, head: Buffer, body: Buffer): Buffer {
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(responseTo, 8);
  head.writeInt32LE(opcode, 12);
  return Buffer.concat([head, body]);
}

function serve(socket: Socket, host: number): void {
  let waiting = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (part) => {
    waiting = Buffer.concat([waiting, Buffer.from(part)]);
    while (waiting.length >= 16 && waiting.length >= waiting.readInt32LE(0)) {
      const size = waiting.readInt32LE(0);
      socket.write(answer(waiting.subarray(0, size), host));
      waiting = waiting.subarray(size);
    }
  });
}

const ports: number[] = [];
for (let host = 0; host < Number(count); host++) {
  const server = createServer((socket) => serve(socket, host + 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address === 'object' && address !== null) ports.push(address.port);
}
console.log(JSON.stringify(ports));
