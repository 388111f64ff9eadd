import type { MetricSchema, SampleGap, SampleRun, SamplesMessage } from '../model/sample.ts';
import { AppError } from '../runtime/errors.ts';
import type { Backlog } from './backlog.ts';
import { encodeFrames, type Frames, splitByHour } from './frame-log.ts';
import type { AppendAnswer, AppendLease, LogEntry, SeriesStore, StreamRow } from './ports.ts';
import type { KnownSchema, SchemaCache } from './schema-cache.ts';
import type { SchemaGuard } from './schema-guard.ts';
import type { StreamBook } from './stream-book.ts';
import type { Tails } from './tails.ts';

interface Parts {
  readonly store: SeriesStore;
  readonly schemas: SchemaCache;
  readonly guard: SchemaGuard;
  readonly streams: StreamBook;
  readonly tails: Tails;
  readonly backlog: Backlog;
}
interface Accepted {
  readonly stream: StreamRow;
  readonly schema: KnownSchema;
  readonly frames: Frames;
}

/** Takes samples into the log; when it answers they are durable. */
export class Appender {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws INPUT_INVALID when a run does not fit its schema; what the store throws, and then nothing was kept */
  async append(groupId: string, message: SamplesMessage, lease: AppendLease): Promise<AppendAnswer> {
    const sent = new Map(message.schemas.map((schema) => [schema.hash, schema]));
    const missing = new Set<string>();
    const accepted: Accepted[] = [];
    const gaps: SampleGap[] = [...message.gaps];
    for (const run of message.runs) {
      if (run.times.length === 0) continue;
      const stream = await this.#parts.streams.ensure(groupId, run.stream, run.source);
      const schema = await this.#schemaOf(stream, run, sent);
      if (schema === 'unknown') missing.add(run.schemaHash);
      else if (schema === 'refused') gaps.push(refusedGap(run));
      else {
        checkWidth(run, schema.width);
        const fresh = this.#unseen(stream, run);
        for (const frames of splitByHour(fresh)) accepted.push({ stream, schema, frames });
      }
    }
    await this.#parts.store.append(
      groupId,
      accepted.map((one) => entryOf(one, !lease.current)),
      gaps,
    );
    for (const { stream, schema, frames } of accepted) {
      this.#parts.backlog.add(stream.id, frames.times[0] ?? 0, frames.times.length);
      for (const [at, time] of frames.times.entries()) {
        const values = frames.values[at];
        if (values !== undefined) this.#parts.tails.push(stream.id, schema.id, time, values);
      }
    }
    const appendedSamples = accepted.reduce((sum, { frames }) => sum + frames.times.length, 0);
    return { missingSchemas: [...missing], appendedSamples };
  }

  async #schemaOf(
    stream: StreamRow,
    run: SampleRun,
    sent: ReadonlyMap<string, MetricSchema>,
  ): Promise<KnownSchema | 'unknown' | 'refused'> {
    const { schemas, guard } = this.#parts;
    const known = await schemas.find(stream.groupId, run.schemaHash);
    if (known !== undefined) return known;
    const schema = sent.get(run.schemaHash);
    if (schema === undefined) return 'unknown';
    if (!guard.admits(stream.id)) return 'refused';
    return schemas.ensure(stream.groupId, schema.hash, schema.names);
  }

  /** Without samples that came before: agents send again what was not answered. */
  #unseen(stream: StreamRow, run: SampleRun): SampleRun {
    const tail = this.#parts.tails.peek(stream.id);
    if (tail === undefined) return run;
    const seen = new Set(tail.recent);
    const kept = run.times.flatMap((time, at) => (seen.has(time) ? [] : [at]));
    if (kept.length === run.times.length) return run;
    return {
      ...run,
      times: kept.map((at) => run.times[at] ?? 0),
      values: kept.map((at) => run.values[at] ?? new Float64Array()),
    };
  }
}

function entryOf({ stream, schema, frames }: Accepted, fill: boolean): LogEntry {
  return {
    streamId: stream.id,
    schemaId: schema.id,
    firstMs: frames.times[0] ?? 0,
    lastMs: frames.times.at(-1) ?? 0,
    frames: frames.times.length,
    fill,
    body: encodeFrames(frames),
  };
}

function checkWidth(run: SampleRun, width: number): void {
  const fits = run.values.length === run.times.length && run.values.every((frame) => frame.length === width);
  if (fits) return;
  throw new AppError('INPUT_INVALID', `a run of ${run.stream} does not fit its schema of ${width} metrics`, {
    details: { stream: run.stream, schemaHash: run.schemaHash },
  });
}

function refusedGap(run: SampleRun): SampleGap {
  const [fromMs, toMs] = [run.times[0] ?? 0, run.times.at(-1) ?? 0];
  return { stream: run.stream, fromMs, toMs: toMs + 1, reason: 'its list of metrics changes too often to be stored' };
}
