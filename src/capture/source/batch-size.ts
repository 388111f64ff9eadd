import type { RawBatch } from './raw-batch.ts';

/** Batches are about this large, whatever the size of the documents: memory is bounded by bytes, not by numbers. */
const batchBytes = 2 ** 20;
const mostDocuments = 50_000;

/** Documents for a first batch; `averageBytes` 0: not known. */
export function firstBatchSize(averageBytes: number): number {
  return averageBytes > 0 ? clamp(batchBytes / averageBytes) : 200;
}

/** Documents for the batch after this one, of which `asked` were wanted. */
export function nextBatchSize({ bytes }: RawBatch, asked: number): number {
  if (bytes.length > batchBytes / 2) return clamp((asked * batchBytes) / bytes.length);
  return Math.min(mostDocuments, asked * 2);
}

function clamp(documents: number): number {
  return Math.max(1, Math.min(mostDocuments, Math.floor(documents)));
}
