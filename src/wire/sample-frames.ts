import type { MetricSchema, SampleGap, SampleRun, SampleSource, SamplesMessage } from '../model/sample.ts';
import { sampleSources } from '../model/sample.ts';
import { schemaHash } from '../model/schema-hash.ts';
import { readDeltas, writeDeltas } from '../model/value-deltas.ts';
import { ByteReader } from '../runtime/byte-reader.ts';
import { ByteWriter } from '../runtime/byte-writer.ts';

/** Byte format of a samples message, before zstd: docs/formats/sample-frames.md. */
const magic = 0x4653_574c; // "LWSF", little-endian
const formatVersion = 1;

/** What one message may hold. Agents split theirs to fit; a server refuses more. */
export const messageLimits = {
  schemas: 2000,
  schemaBytes: 2 ** 20,
  metrics: 20_000,
  runs: 20_000,
  framesPerRun: 20_000,
  /** Numbers in all runs together (8 bytes each once decoded). */
  values: 4_000_000,
  gaps: 10_000,
  textBytes: 4000,
} as const;

export { schemaHash };

const knownSources: ReadonlySet<number> = new Set(Object.values(sampleSources));

export function encodeSamples(message: SamplesMessage): Uint8Array {
  const out = new ByteWriter();
  for (const shift of [0, 8, 16, 24]) out.byte((magic >>> shift) & 255);
  out.byte(formatVersion);
  out.varint(message.schemas.length);
  for (const schema of message.schemas) {
    out.raw(Buffer.from(schema.hash, 'hex'));
    out.text(schema.names.join('\n'));
  }
  out.varint(message.runs.length);
  for (const run of message.runs) writeRun(out, run);
  out.varint(message.gaps.length);
  for (const gap of message.gaps) {
    out.text(gap.stream);
    out.varint(gap.fromMs);
    out.varint(gap.toMs);
    out.text(gap.reason);
  }
  return out.finish();
}

function writeRun(out: ByteWriter, run: SampleRun): void {
  out.text(run.stream);
  out.byte(run.source);
  out.raw(Buffer.from(run.schemaHash, 'hex'));
  out.varint(run.times.length);
  out.varint(run.values[0]?.length ?? 0);
  let beforeMs = 0;
  for (const time of run.times) {
    out.varint(time - beforeMs);
    beforeMs = time;
  }
  let before: Float64Array | undefined;
  for (const frame of run.values) {
    writeDeltas(out, frame, before);
    before = frame;
  }
}

/**
 * Decodes and checks everything but whether the schemas are known: a schema's hash is computed again from its names,
 * times ascend, counts stay within messageLimits.
 * @throws FORMAT_INVALID
 */
export function decodeSamples(bytes: Uint8Array): SamplesMessage {
  const from = new ByteReader(bytes, 'samples message');
  let found = 0;
  for (const shift of [0, 8, 16, 24]) found |= from.byte() << shift;
  if (found !== magic) throw from.invalid('it does not begin with LWSF');
  const version = from.byte();
  if (version !== formatVersion)
    throw from.invalid(`its format version is ${version}, this one reads ${formatVersion}`);
  const schemas = readMany(from, messageLimits.schemas, 'schemas', readSchema);
  let values = 0;
  const runs = readMany(from, messageLimits.runs, 'runs', () => {
    const run = readRun(from, messageLimits.values - values);
    values += run.times.length * (run.values[0]?.length ?? 0);
    return run;
  });
  const gaps = readMany(from, messageLimits.gaps, 'gaps', readGap);
  from.end();
  return { schemas, runs, gaps };
}

function readMany<T>(from: ByteReader, max: number, of: string, one: (from: ByteReader) => T): T[] {
  const count = from.count(max, of);
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(one(from));
  return items;
}

function readSchema(from: ByteReader): MetricSchema {
  const hash = Buffer.from(from.raw(16)).toString('hex');
  const names = from.text(messageLimits.schemaBytes).split('\n');
  if (names.length > messageLimits.metrics) {
    throw from.invalid(`a schema of ${names.length} metrics, at most ${messageLimits.metrics} are allowed`);
  }
  if (schemaHash(names) !== hash) throw from.invalid('a schema does not have the hash that it claims');
  return { hash, names };
}

function readRun(from: ByteReader, valuesLeft: number): SampleRun {
  const stream = from.text(messageLimits.textBytes);
  const source = from.byte();
  if (!isSource(source)) throw from.invalid(`unknown source ${source}`);
  const hash = Buffer.from(from.raw(16)).toString('hex');
  const frames = from.count(messageLimits.framesPerRun, 'frames in a run');
  const width = from.count(messageLimits.metrics, 'metrics in a frame');
  if (frames * width > valuesLeft) throw from.invalid(`more than ${messageLimits.values} numbers`);
  const times: number[] = [];
  for (let i = 0; i < frames; i++) times.push(readTime(from, times.at(-1)));
  const values: Float64Array[] = [];
  for (let i = 0; i < frames; i++) values.push(readDeltas(from, width, values.at(-1)));
  return { stream, source, schemaHash: hash, times, values };
}

function readTime(from: ByteReader, before: number | undefined): number {
  const delta = from.varint();
  if (before !== undefined && delta === 0) throw from.invalid('times do not ascend');
  const time = (before ?? 0) + delta;
  if (time > 8.64e15) throw from.invalid('a time is beyond the calendar');
  return time;
}

function readGap(from: ByteReader): SampleGap {
  return {
    stream: from.text(messageLimits.textBytes),
    fromMs: from.varint(),
    toMs: from.varint(),
    reason: from.text(messageLimits.textBytes),
  };
}

function isSource(value: number): value is SampleSource {
  return knownSources.has(value);
}
