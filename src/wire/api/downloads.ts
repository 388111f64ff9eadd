import { z } from 'zod';
import { agentKind } from './access.ts';
import { id, timeMs } from './common.ts';

/** Platforms as artifacts name them (docs/formats/artifacts.md). */
export const downloadTarget = z.enum([
  'linux-x64',
  'linux-arm64',
  'darwin-arm64',
  'darwin-x64',
  'win-x64',
  'win-arm64',
]);
/** `both`: one archive, and one key, for both agents on one machine. */
export const downloadKind = z.enum(['monitoring', 'backup', 'both']);

/** Which agent's archive; its key is for that kind of agent. */
export const newDownloadRequest = z.object({ agent: downloadKind.default('monitoring') });

/** An agent that reported with the key of a link. */
const reportedAgent = z.object({ id, kind: agentKind, hostname: z.string(), atMs: timeMs });

export const download = z.object({
  id,
  kind: downloadKind,
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
  revokedAtMs: timeMs.nullable(),
  downloads: z.number().int(),
  /** The agent that first reported with this link's key; the page turns green then. */
  agent: reportedAgent.nullable(),
  /** All that did, by their first report. */
  agents: z.array(reportedAgent),
});

const archiveAddress = z.object({
  target: downloadTarget,
  tarGzUrl: z.string(),
  zipUrl: z.string(),
  /** Without its ending. */
  fileName: z.string(),
});

/** Addresses are made from publicUrl and shown once; the first ones are for the server's own platform. */
export const newDownloadAnswer = z.object({
  download,
  tarGzUrl: z.string(),
  zipUrl: z.string(),
  fileName: z.string(),
  ready: z.boolean(),
  /** Address of a folder with the settings alone, for machines that have the program from a package: `<agent>-agent.config`. */
  settingsUrl: z.string(),
  archives: z.array(archiveAddress),
});

/** What the server can hand out, and what a page needs to write down how to install it. */
export const downloadChoices = z.object({
  serverUrl: z.string(),
  groupId: id,
  version: z.string(),
  /** PEM of the CA that this server made for itself; null where the certificate is somebody else's, or there is none. */
  serverCa: z.string().nullable(),
  targets: z.array(
    z.object({
      target: downloadTarget,
      /** "macOS on Apple silicon" */
      name: z.string(),
      available: z.boolean(),
      experimental: z.boolean(),
      /** Why it is not available, and what to do. */
      reason: z.string().nullable(),
    }),
  ),
  /** Addresses of the files that point apt and yum to this server's repositories; null where it has none. */
  repositories: z.object({ apt: z.string().nullable(), yum: z.string().nullable() }),
});

export type DownloadTarget = z.infer<typeof downloadTarget>;
export type DownloadKind = z.infer<typeof downloadKind>;
export type Download = z.infer<typeof download>;
export type NewDownloadAnswer = z.infer<typeof newDownloadAnswer>;
export type DownloadChoices = z.infer<typeof downloadChoices>;
