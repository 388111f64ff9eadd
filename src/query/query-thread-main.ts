import { parentPort } from 'node:worker_threads';
import { AppError } from '../runtime/errors.ts';
import { plainError } from '../runtime/plain-error.ts';
import { Best } from './best.ts';
import { forEachDocument, packDocuments } from './document-block.ts';
import { valuesOfJson } from './extended-json.ts';
import { FirstFound } from './first-found.ts';
import { compileFilter, type Matcher } from './matcher.ts';
import type { FromQueryThread, QueryWords, ToQueryThread } from './query-messages.ts';

/** Entry of a thread that compares documents with a filter. Its owner ends it when an answer takes too long. */
const port = parentPort;
if (port === null) throw new AppError('INTERNAL', 'this file runs as a thread');

interface Looking {
  readonly matches: Matcher;
  /** Null: whatever fits is answered at once. */
  readonly keep: FirstFound | Best | null;
}

let looking: Looking | undefined;

function begin({ filter, keep }: QueryWords): Looking {
  const matches = compileFilter(valuesOfJson('filter', filter));
  if (keep === 'all') return { matches, keep: null };
  return { matches, keep: keep.sort === undefined ? new FirstFound(keep.limit) : new Best(keep.sort, keep.limit) };
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

function look({ matches, keep }: Looking, stored: Uint8Array): FromQueryThread {
  const fitting: Buffer[] = [];
  let scanned = 0;
  forEachDocument(asBuffer(stored), (bytes, start, end) => {
    if (isFull(keep)) return;
    scanned++;
    const document = bytes.subarray(start, end);
    if (!matches(document)) return;
    if (keep === null) fitting.push(document);
    else keep.add(document);
  });
  return { kind: 'looked', scanned, isFull: isFull(keep), fitting: fitting.length === 0 ? null : packed(fitting) };
}

function lookAtOne({ matches, keep }: Looking, document: Buffer): FromQueryThread {
  const fits = matches(document);
  if (fits) keep?.add(document);
  return {
    kind: 'looked',
    scanned: 1,
    isFull: isFull(keep),
    fitting: fits && keep === null ? packed([document]) : null,
  };
}

function isFull(keep: Looking['keep']): boolean {
  return keep instanceof FirstFound && keep.dropped;
}

function packed(documents: readonly Buffer[]): Extract<FromQueryThread, { kind: 'looked' }>['fitting'] {
  const contentBytes = documents.reduce((sum, { length }) => sum + length, 0);
  return { stored: ownMemory(packDocuments(documents)), documents: documents.length, contentBytes };
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
