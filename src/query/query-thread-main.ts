import { parentPort } from 'node:worker_threads';
import { documentKey } from '../blocks/document-key.ts';
import { AppError } from '../runtime/errors.ts';
import { plainError } from '../runtime/plain-error.ts';
import { Best } from './best.ts';
import { forEachDocument, packDocuments } from './document-block.ts';
import { valuesOfJson } from './extended-json.ts';
import { FirstFound } from './first-found.ts';
import { compileFilter, type Matcher } from './matcher.ts';
import type { FromQueryThread, QueryWords, ToQueryThread } from './query-messages.ts';
import { measurementsOf } from './series/measurements.ts';
import type { Series } from './series/series-fields.ts';
import { mayHold, type TimeRange, timesOf } from './series/time-range.ts';

/** Entry of a thread that compares documents with a filter. Its owner ends it when an answer takes too long. */
const port = parentPort;
if (port === null) throw new AppError('INTERNAL', 'this file runs as a thread');

interface Looking {
  readonly matches: Matcher;
  /** Null: whatever fits is answered at once. */
  readonly keep: FirstFound | Best | null;
  /** Of buckets: whose measurements are meant, and of which times. */
  readonly buckets: { readonly series: Series; readonly times: TimeRange } | null;
}

/** What measurements of one block are answered at once: a bucket unpacks to a hundred times its size. */
const mostUnpackedBytes = 8 * 2 ** 20;

let looking: Looking | undefined;

function begin({ filter, keep, series }: QueryWords): Looking {
  const values = valuesOfJson('filter', filter);
  const matches = compileFilter(values);
  const buckets = series === undefined ? null : { series, times: timesOf(values, series.timeField) };
  if (keep === 'all') return { matches, keep: null, buckets };
  const kept = keep.sort === undefined ? new FirstFound(keep.limit) : new Best(keep.sort, keep.limit);
  return { matches, keep: kept, buckets };
}

function answer(message: ToQueryThread): FromQueryThread {
  if (message.kind === 'begin') {
    looking = begin(message.query);
    return { kind: 'begun' };
  }
  if (looking === undefined) throw new AppError('INTERNAL', 'no query was begun');
  if (message.kind === 'block') return look(looking, message.stored);
  if (message.kind === 'document') return lookAtOne(looking, asBuffer(message.bytes));
  const { keep } = looking;
  looking = undefined;
  return { kind: 'ended', documents: keep?.documents().map(ownMemory) ?? [], more: keep?.dropped ?? false };
}

function look({ matches, keep, buckets }: Looking, stored: Uint8Array): FromQueryThread {
  const fitting: Buffer[] = [];
  let scanned = 0;
  let bytesFound = 0;
  let upTo: Buffer | null = null;
  const compare = (document: Buffer): void => {
    if (isFull(keep)) return;
    scanned++;
    if (!matches(document)) return;
    if (keep !== null) return keep.add(document);
    fitting.push(document);
    bytesFound += document.length;
  };
  forEachDocument(asBuffer(stored), (bytes, start, end) => {
    const document = bytes.subarray(start, end);
    if (buckets === null) return compare(document);
    if (upTo !== null || !mayHold(document, buckets.series, buckets.times)) return;
    for (const measurement of measurementsOf(document, buckets.series)) compare(measurement);
    if (bytesFound > mostUnpackedBytes) upTo = documentKey(document);
  });
  const found = fitting.length === 0 ? null : packed(fitting, upTo);
  return { kind: 'looked', scanned, isFull: isFull(keep), fitting: found };
}

function lookAtOne({ matches, keep }: Looking, document: Buffer): FromQueryThread {
  const fits = matches(document);
  if (fits) keep?.add(document);
  return {
    kind: 'looked',
    scanned: 1,
    isFull: isFull(keep),
    fitting: fits && keep === null ? packed([document], null) : null,
  };
}

function isFull(keep: Looking['keep']): boolean {
  return keep instanceof FirstFound && keep.dropped;
}

function packed(
  documents: readonly Buffer[],
  upTo: Buffer | null,
): Extract<FromQueryThread, { kind: 'looked' }>['fitting'] {
  const contentBytes = documents.reduce((sum, { length }) => sum + length, 0);
  const stored = ownMemory(packDocuments(documents));
  return { stored, documents: documents.length, contentBytes, upTo: upTo === null ? null : ownMemory(upTo) };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** To post a part of a buffer would post all of it. */
function ownMemory(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes);
}

port.on('message', (message: ToQueryThread) => {
  let told: FromQueryThread;
  try {
    told = answer(message);
  } catch (thrown) {
    told = { kind: 'failed', error: plainError(thrown) };
  }
  port.postMessage(told);
});
