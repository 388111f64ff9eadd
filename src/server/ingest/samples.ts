import type { FastifyRequest } from 'fastify';
import type { SampleRun, SamplesMessage } from '../../model/sample.ts';
import type { SamplesAnswer } from '../../wire/agent-messages.ts';
import { agentHeaders } from '../../wire/protocol.ts';
import { decodeSamples } from '../../wire/sample-frames.ts';
import type { ClockSkew } from '../agents/clock-skew.ts';
import type { Leases } from '../agents/leases.ts';
import type { ServerContext } from '../context.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import type { AgentRecord, HostRecord } from '../ports.ts';
import { header } from './agent-request.ts';

/** Samples from a clock that is wrong in spite of the correction are not taken. */
const futureMs = 3_600_000;
const lastSampleSavedEveryMs = 5 * 60_000;

interface SampleParts {
  readonly context: ServerContext;
  readonly leases: Leases;
  readonly skew: ClockSkew;
}

/** Appends a message's samples; durable when it resolves. Streams that are not of this group are named and not taken. */
export async function takeSamples(
  { context, leases, skew }: SampleParts,
  request: FastifyRequest,
  { fleet, agent }: { readonly fleet: GroupFleet; readonly agent: AgentRecord },
  bytes: Buffer,
): Promise<SamplesAnswer> {
  const message = decodeSamples(bytes);
  const now = context.clock.now();
  const sentAtMs = Number(header(request, agentHeaders.sentAt) ?? Number.NaN);
  const correctionMs = skew.correctionMs(agent.instanceId, sentAtMs, now);
  const epoch = Number(header(request, agentHeaders.epoch) ?? 0);
  // What a visitor brings (the past from diagnostic.data) fills in, and takes the lease from nobody.
  const isVisit = header(request, agentHeaders.instance) === undefined;
  const claim = isVisit ? undefined : await leases.claim(fleet.group.id, agent.kind, agent.id);
  const isOurs = (stream: string): boolean => stream === agent.id || fleet.hosts.has(stream);
  const named = [...message.runs, ...message.gaps].map(({ stream }) => stream);
  const unknownStreams = [...new Set(named.filter((stream) => !isOurs(stream)))];
  const taken: SamplesMessage = {
    schemas: message.schemas,
    runs: message.runs.flatMap((run) => (isOurs(run.stream) ? corrected(run, correctionMs, now + futureMs) : [])),
    gaps: message.gaps
      .filter(({ stream }) => isOurs(stream))
      .map((gap) => ({ ...gap, fromMs: gap.fromMs + correctionMs, toMs: gap.toMs + correctionMs })),
  };
  const current = claim?.active === true && epoch === claim.lease.epoch;
  const answer = await context.metrics.append(fleet.group.id, taken, { epoch: Math.trunc(epoch) || 0, current });
  await noteSamples(context, fleet, taken.runs, now);
  return { missingSchemas: [...answer.missingSchemas], appendedSamples: answer.appendedSamples, unknownStreams };
}

function corrected(run: SampleRun, correctionMs: number, latestMs: number): SampleRun[] {
  const times = run.times.map((ms) => ms + correctionMs);
  const kept = times.filter((ms) => ms > 0 && ms <= latestMs);
  if (kept.length === times.length) return [{ ...run, times }];
  if (kept.length === 0) return [];
  return [{ ...run, times: kept, values: run.values.filter((_, index) => kept.includes(times[index] ?? -1)) }];
}

/** First and last sample times of hosts: the first at once, the last written down every five minutes. */
async function noteSamples(
  context: ServerContext,
  fleet: GroupFleet,
  runs: readonly SampleRun[],
  now: number,
): Promise<void> {
  const spans = new Map<string, { first: number; last: number }>();
  for (const { stream, times } of runs) {
    const span = spans.get(stream) ?? { first: Number.POSITIVE_INFINITY, last: 0 };
    spans.set(stream, {
      first: Math.min(span.first, times[0] ?? span.first),
      last: Math.max(span.last, times.at(-1) ?? 0),
    });
  }
  const due: HostRecord[] = [];
  for (const [stream, { first, last }] of spans) {
    const host = fleet.hosts.get(stream);
    if (host === undefined) continue;
    const record = {
      ...host,
      firstSampleAtMs: Math.min(host.firstSampleAtMs ?? first, first),
      lastSampleAtMs: Math.max(host.lastSampleAtMs ?? 0, last),
    };
    const isFirst = host.firstSampleAtMs !== record.firstSampleAtMs;
    if (isFirst || isSaveDue(stream, host.lastSampleAtMs ?? 0, record.lastSampleAtMs)) due.push(record);
    else fleet.noteHost(record);
  }
  if (due.length > 0) await fleet.saveHosts(due);
  if (spans.size > 0) context.hub.publish(fleet.group.id, { type: 'samples', hostIds: [...spans.keys()], atMs: now });
}

/** Spread over the five minutes by the host's id, so that a thousand hosts are not written at once. */
function isSaveDue(hostId: string, beforeMs: number, nowMs: number): boolean {
  const phase = (Number.parseInt(hostId.slice(-5), 16) || 0) % lastSampleSavedEveryMs;
  const slot = (ms: number): number => Math.floor((ms + phase) / lastSampleSavedEveryMs);
  return slot(beforeMs) !== slot(nowMs);
}
