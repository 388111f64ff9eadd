import type { SampleGap, SampleRun, SampleSource, SamplesMessage } from '../../src/model/sample.ts';
import { schemaHash } from '../../src/model/schema-hash.ts';

/** A message with one run: `rows` are [time, values…]. */
export function samplesMessage(
  stream: string,
  names: readonly string[],
  rows: readonly (readonly [number, ...number[]])[],
  options: { readonly source?: SampleSource; readonly withSchema?: boolean; readonly gaps?: readonly SampleGap[] } = {},
): SamplesMessage {
  const hash = schemaHash(names);
  const run: SampleRun = {
    stream,
    source: options.source ?? 0,
    schemaHash: hash,
    times: rows.map(([time]) => time),
    values: rows.map(([, ...values]) => Float64Array.from(values)),
  };
  return { schemas: options.withSchema === false ? [] : [{ hash, names }], runs: [run], gaps: options.gaps ?? [] };
}
