import type { z } from 'zod';
import { AppError } from '../runtime/errors.ts';

/** "LWEN", version 1, length of the head (4 bytes, little-endian), the head as UTF-8 JSON, then the bytes that it describes. */
const magic = Buffer.from('LWEN\x01', 'latin1');
const prefixBytes = magic.length + 4;

/** An envelope around `parts`, in their order. */
export function packEnvelope(head: unknown, parts: readonly Uint8Array[]): Buffer {
  const text = Buffer.from(JSON.stringify(head));
  const prefix = Buffer.alloc(prefixBytes);
  magic.copy(prefix);
  prefix.writeUInt32LE(text.length, magic.length);
  return Buffer.concat([prefix, text, ...parts]);
}

/** The checked head, and the bytes after it (the same memory). @throws FORMAT_INVALID, INPUT_INVALID */
export function openEnvelope<S extends z.ZodType>(bytes: Buffer, schema: S): { head: z.output<S>; rest: Buffer } {
  const headBytes = bytes.length < prefixBytes ? -1 : bytes.readUInt32LE(magic.length);
  if (headBytes < 0 || !bytes.subarray(0, magic.length).equals(magic) || headBytes > bytes.length - prefixBytes) {
    throw new AppError('FORMAT_INVALID', 'these bytes are not an envelope of a known version');
  }
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8', prefixBytes, prefixBytes + headBytes));
  } catch (cause) {
    throw new AppError('FORMAT_INVALID', 'the head of the envelope is not JSON', { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { head: parsed.data, rest: bytes.subarray(prefixBytes + headBytes) };
  const issue = parsed.error.issues[0];
  throw new AppError('INPUT_INVALID', `head of the envelope: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, {
    cause: parsed.error,
  });
}
