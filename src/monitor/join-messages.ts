import type { SampleRun, SamplesMessage } from '../model/sample.ts';

/** One message of two, of which `later` was taken after `earlier`. Times within a run ascend; what does not is left out. */
export function joinMessages(earlier: SamplesMessage, later: SamplesMessage): SamplesMessage {
  const schemas = new Map([...earlier.schemas, ...later.schemas].map((schema) => [schema.hash, schema]));
  const runs = new Map<string, SampleRun>();
  for (const run of [...earlier.runs, ...later.runs]) {
    const key = `${run.source} ${run.schemaHash} ${run.stream}`;
    const before = runs.get(key);
    runs.set(key, before === undefined ? run : joinRuns(before, run));
  }
  return { schemas: [...schemas.values()], runs: [...runs.values()], gaps: [...earlier.gaps, ...later.gaps] };
}

function joinRuns(before: SampleRun, run: SampleRun): SampleRun {
  const lastMs = before.times.at(-1) ?? -1;
  const from = run.times.findIndex((timeMs) => timeMs > lastMs);
  if (from === -1) return before;
  return {
    ...before,
    times: [...before.times, ...run.times.slice(from)],
    values: [...before.values, ...run.values.slice(from)],
  };
}
