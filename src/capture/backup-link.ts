import { z } from 'zod';
import type { AgentLink } from '../wire/agent-link.ts';
import { type ViewAnswer, viewAnswer } from '../wire/api/backup-reading.ts';
import { packEnvelope } from '../wire/backup-envelope.ts';
import {
  type BackupReportRequest,
  type BackupTasksAnswer,
  type BlocksHead,
  backupTasksAnswer,
  blocksAnswer,
  type DrillChunksQuery,
  type DrillProgressRequest,
  type DrillResultRequest,
  type DrillViewRequest,
  type HaveRequest,
  haveAnswer,
  type ScanBeginRequest,
  type ScanFinishRequest,
  type ScanPlanRequest,
  type ScanState,
  type SlicesAnswer,
  type SlicesHead,
  scanState,
  slicesAnswer,
} from '../wire/backup-messages.ts';
import { agentRoutes } from '../wire/protocol.ts';

const anything = z.unknown();
/** The server makes what it gets durable before it answers. */
const storeTimeoutMs = 120_000;

/** The backup agent's messages to the server. */
export class BackupLink {
  readonly #link: AgentLink;

  constructor(link: AgentLink) {
    this.#link = link;
  }

  async hello(): Promise<void> {
    await this.#link.hello();
  }

  /** Long poll; answers at once when `version` is not the server's. */
  async tasks(version: number, waitSeconds: number, signal: AbortSignal): Promise<BackupTasksAnswer> {
    return this.#link.poll(agentRoutes.backupTasks, backupTasksAnswer, version, waitSeconds, signal);
  }

  async report(report: BackupReportRequest): Promise<void> {
    await this.#post(agentRoutes.backupReport, anything, report);
  }

  /** The agent stops: its sets go to another one. */
  async leave(): Promise<void> {
    await this.#link.post(agentRoutes.backupLeave, anything, Buffer.from('{}'), { timeoutMs: 3000 });
  }

  async slices(head: SlicesHead, frames: readonly Buffer[], signal: AbortSignal): Promise<SlicesAnswer> {
    return this.#envelope(agentRoutes.slices, slicesAnswer, head, frames, signal);
  }

  async beginScan(request: ScanBeginRequest, signal: AbortSignal): Promise<ScanState> {
    return this.#post(agentRoutes.scanBegin, scanState, request, signal);
  }

  async planScan(request: ScanPlanRequest, signal: AbortSignal): Promise<ScanState> {
    return this.#post(agentRoutes.scanPlan, scanState, request, signal);
  }

  /** @returns bytes that were new to the store */
  async blocks(head: BlocksHead, stored: readonly Uint8Array[], signal: AbortSignal): Promise<number> {
    const { newBytes } = await this.#envelope(agentRoutes.scanBlocks, blocksAnswer, head, stored, signal);
    return newBytes;
  }

  /** Which of these blocks the group has; a yes holds until the scan ends. */
  async have(request: HaveRequest, signal: AbortSignal): Promise<readonly boolean[]> {
    const { have } = await this.#post(agentRoutes.scanHave, haveAnswer, request, signal);
    return have;
  }

  async finishScan(request: ScanFinishRequest, signal: AbortSignal): Promise<void> {
    await this.#post(agentRoutes.scanFinish, anything, request, signal);
  }

  async drillView(request: DrillViewRequest, signal: AbortSignal): Promise<ViewAnswer> {
    return this.#post(agentRoutes.drillView, viewAnswer, request, signal);
  }

  /** @returns chunks as wire/view-chunks.ts decodes them */
  async drillChunks({ after, tellEnd, ...query }: DrillChunksQuery, signal: AbortSignal): Promise<Buffer> {
    const place = { ...query, ...(after !== undefined && { after }), ...(tellEnd !== undefined && { tellEnd }) };
    return this.#link.bytes(agentRoutes.drillChunks, place, storeTimeoutMs, signal);
  }

  async drillProgress(request: DrillProgressRequest, signal: AbortSignal): Promise<void> {
    await this.#post(agentRoutes.drillProgress, anything, request, signal);
  }

  async drillResult(request: DrillResultRequest, signal: AbortSignal): Promise<void> {
    await this.#post(agentRoutes.drillResult, anything, request, signal);
  }

  async #post<S extends z.ZodType>(path: string, answer: S, body: unknown, signal?: AbortSignal): Promise<z.output<S>> {
    const bytes = Buffer.from(JSON.stringify(body));
    return this.#link.post(path, answer, bytes, {
      timeoutMs: storeTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async #envelope<S extends z.ZodType>(
    path: string,
    answer: S,
    head: unknown,
    parts: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<z.output<S>> {
    const body = packEnvelope(head, parts);
    return this.#link.post(path, answer, body, { plain: true, timeoutMs: storeTimeoutMs, signal });
  }
}
