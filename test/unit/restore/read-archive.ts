import { BSON } from 'mongodb';

export interface ReadArchive {
  readonly header: BSON.Document;
  readonly metadata: readonly BSON.Document[];
  /** `db.collection` → its documents, in order. */
  readonly documents: ReadonlyMap<string, readonly Buffer[]>;
  /** `db.collection` → the checksum that stands at its end. */
  readonly ended: ReadonlyMap<string, bigint>;
}

/** Reads an archive by the words of mongo-tools' specification, knowing nothing of how it was written. */
export function readArchive(bytes: Buffer): ReadArchive {
  if (bytes.readUInt32LE(0) !== 0x8199e26d) throw new Error('no archive');
  let at = 4;
  const block = (): Buffer[] => {
    const found: Buffer[] = [];
    for (let size = bytes.readInt32LE(at); size !== -1; size = bytes.readInt32LE(at)) {
      found.push(bytes.subarray(at, at + size));
      at += size;
    }
    at += 4;
    return found;
  };
  const [header, ...metadata] = block().map((document) => BSON.deserialize(document));
  const documents = new Map<string, Buffer[]>();
  const ended = new Map<string, bigint>();
  while (at < bytes.length) {
    const [first, ...rest] = block();
    const head = BSON.deserialize(first ?? Buffer.alloc(0), { useBigInt64: true });
    const namespace = `${head['db']}.${head['collection']}`;
    if (ended.has(namespace)) throw new Error(`${namespace} goes on after its end`);
    documents.set(namespace, [...(documents.get(namespace) ?? []), ...rest]);
    if (head['EOF'] === true) ended.set(namespace, head['CRC']);
    else if (head['CRC'] !== 0n) throw new Error('a checksum before the end');
  }
  return { header: header ?? {}, metadata, documents, ended };
}

/** CRC-64 of ECMA-182 bit by bit, as the definition says. */
export function slowCrc64(bytes: Buffer): bigint {
  let crc = 0xffff_ffff_ffff_ffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ 0xc96c_5795_d787_0f42n : crc >> 1n;
  }
  return BigInt.asIntN(64, crc ^ 0xffff_ffff_ffff_ffffn);
}
