const mostMetrics = 200;
const mostCharacters = 6000;

/** Splits names so that one request's address stays short enough for every proxy (8 KB) and under the API's 200 names. */
export function batchMetrics(metrics: readonly string[]): readonly (readonly string[])[] {
  const batches: string[][] = [];
  let length = 0;
  for (const metric of metrics) {
    const size = encodeURIComponent(metric).length + '&metric='.length;
    const batch = batches.at(-1);
    if (batch === undefined || batch.length >= mostMetrics || length + size > mostCharacters) {
      batches.push([metric]);
      length = size;
    } else {
      batch.push(metric);
      length += size;
    }
  }
  return batches;
}
