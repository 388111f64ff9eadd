import { findNumber } from '../deployment/find-bson.ts';
import { Flattener } from '../deployment/flatten-bson.ts';
import { readFtdc } from '../deployment/read-ftdc.ts';
import { type SampleSource, sampleSources } from '../model/sample.ts';
import { sleep } from '../runtime/periodic.ts';
import { encodeSamples } from '../wire/sample-frames.ts';
import { messageOf, type Sample } from './outbox.ts';
import { SchemaBook } from './sample-schema.ts';

interface ImportSettings {
  readonly folder: string;
  readonly hostId: string;
  /** One sample per this many milliseconds is taken of those that are there (mongod writes one a second). */
  readonly everyMs: number;
  /** Samples before it are left out. */
  readonly fromMs?: number;
  readonly send: (body: Uint8Array) => Promise<{ readonly appendedSamples: number }>;
  /** Called with the time of the newest sample that the server has now. */
  readonly onSent?: (lastMs: number) => Promise<void>;
  /** Share of one core that it may take; default all of it. */
  readonly cpuShare?: number;
  readonly signal?: AbortSignal;
}

export interface Imported {
  readonly samples: number;
  /** New to the server: others were there already. */
  readonly appended: number;
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
}

/** mongod's seconds are a little uneven: a sample that comes early by this share of the interval is in time. */
const early = 0.05;
const valuesPerMessage = 400_000;
/** Between two rests. */
const workMs = 25;

/** Sends a mongod's diagnostic.data as samples of a host. They fill only times for which the server has nothing. */
export async function importFtdc(settings: ImportSettings): Promise<Imported> {
  const { folder, hostId, everyMs, fromMs, send, onSent } = settings;
  const rest = restful(settings);
  const flattener = new Flattener();
  const schemas = new SchemaBook();
  const source: SampleSource = sampleSources.diagnostic;
  let waiting: Sample[] = [];
  let values = 0;
  let samples = 0;
  let appended = 0;
  let firstMs: number | undefined;
  let lastMs: number | undefined;
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    appended += (await send(encodeSamples(messageOf(waiting, [], () => true)))).appendedSamples;
    waiting = [];
    values = 0;
    if (lastMs !== undefined) await onSent?.(lastMs);
  };
  for await (const bytes of readFtdc(folder, fromMs)) {
    await rest();
    const timeMs = findNumber(bytes, 'start');
    if (timeMs === undefined || (lastMs !== undefined && timeMs < lastMs + everyMs * (1 - early))) continue;
    const flat = flattener.flatten(bytes);
    const schema = schemas.of(flat.layout, [], 'plain');
    waiting.push({ stream: hostId, source, schema, timeMs, values: flat.values, epoch: 0 });
    values += flat.values.length;
    samples++;
    firstMs ??= timeMs;
    lastMs = timeMs;
    if (values > valuesPerMessage) await flush();
  }
  await flush();
  return { samples, appended, firstMs, lastMs };
}

/** What it calls after a piece of work: rests when it worked for long. Throws when the signal aborted. */
function restful({ cpuShare = 1, signal = new AbortController().signal }: ImportSettings): () => Promise<void> {
  let since = performance.now();
  return async () => {
    signal.throwIfAborted();
    const workedMs = performance.now() - since;
    if (cpuShare >= 1 || workedMs < workMs) return;
    await sleep(workedMs * (1 / cpuShare - 1), signal);
    since = performance.now();
  };
}
