/** BSON put together by hand: also what no driver writes (symbols, undefined, duplicate names, odd decimals). */
export function rawDocument(...elements: readonly Buffer[]): Buffer {
  const body = Buffer.concat(elements);
  const bytes = Buffer.alloc(body.length + 5);
  bytes.writeInt32LE(bytes.length, 0);
  body.copy(bytes, 4);
  return bytes;
}

export function element(name: string, type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`), value]);
}

export const rawValue = {
  int32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    return bytes;
  },
  int64(value: bigint): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt.asIntN(64, value));
    return bytes;
  },
  double(value: number): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return bytes;
  },
  /** Bits as they are: also those that no number has. */
  decimalBits(high: bigint, low: bigint): Buffer {
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(low, 0);
    bytes.writeBigUInt64LE(high, 8);
    return bytes;
  },
  /** (-1)^negative × coefficient × 10^exponent, coefficient below 10^34, exponent from -6176 to 6111. */
  decimal(negative: boolean, coefficient: bigint, exponent: number): Buffer {
    const high = (coefficient >> 64n) | (BigInt(exponent + 6176) << 49n) | (negative ? 1n << 63n : 0n);
    return rawValue.decimalBits(high, coefficient & 0xffff_ffff_ffff_ffffn);
  },
  /** UTF-8 of a string, or bytes as they are: a server does not check that they are UTF-8. */
  text(value: string | Uint8Array): Buffer {
    const text = Buffer.concat([Buffer.from(value), Buffer.alloc(1)]);
    return Buffer.concat([rawValue.int32(text.length), text]);
  },
  binary(subtype: number, bytes: Uint8Array): Buffer {
    return Buffer.concat([rawValue.int32(bytes.length), Buffer.from([subtype]), bytes]);
  },
  regex(pattern: string, flags: string): Buffer {
    return Buffer.from(`${pattern}\0${flags}\0`);
  },
  dbPointer(namespace: string, id: Uint8Array): Buffer {
    return Buffer.concat([rawValue.text(namespace), id]);
  },
  codeWithScope(code: string | Uint8Array, scope: Buffer): Buffer {
    const body = Buffer.concat([rawValue.text(code), scope]);
    return Buffer.concat([rawValue.int32(body.length + 4), body]);
  },
};
