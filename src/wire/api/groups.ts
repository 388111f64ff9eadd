import { z } from 'zod';
import { permission, role } from './access.ts';
import { id, plainName, serverUrl } from './common.ts';

export const group = z.object({
  id,
  name: z.string(),
  roles: z.array(role),
  permissions: z.array(permission),
  intervalMs: z.number().int(),
  collectDatabases: z.boolean(),
  collectCollections: z.boolean(),
  retention: z.object({ rawMs: z.number(), minuteMs: z.number(), hourMs: z.number(), dayMs: z.number() }),
  diskBudgetBytes: z.number(),
  /** Members without a second factor get nothing of the group until they set one up. */
  secondFactorRequired: z.boolean(),
});
export const changeGroupRequest = z
  .object({
    name: plainName,
    intervalMs: z.number().int().min(1000).max(300_000),
    collectDatabases: z.boolean(),
    collectCollections: z.boolean(),
    retention: z.object({
      rawMs: z.number().min(3600e3),
      minuteMs: z.number().min(3600e3),
      hourMs: z.number().min(86400e3),
      dayMs: z.number().min(86400e3),
    }),
    diskBudgetBytes: z.number().min(10 * 2 ** 20),
    secondFactorRequired: z.boolean(),
  })
  .partial();
export const serverInfo = z.object({
  version: z.string(),
  commit: z.string(),
  publicUrl: z.string(),
  tls: z.boolean(),
});
export const changeServerRequest = z.object({ publicUrl: serverUrl });

/** Names of the server-sent events of `/groups/{groupId}/stream`; the data says what to read again. */
export const streamEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('topology'), atMs: z.number() }),
  z.object({ type: z.literal('samples'), hostIds: z.array(id), atMs: z.number() }),
  z.object({ type: z.literal('agents') }),
  z.object({ type: z.literal('hosts') }),
  z.object({ type: z.literal('alerts') }),
  z.object({ type: z.literal('events') }),
  z.object({ type: z.literal('doctor'), orderId: id }),
  z.object({ type: z.literal('downloads') }),
  /** A backed-up set, a scan, a snapshot, a link: read `/backups` again. */
  z.object({ type: z.literal('backups') }),
]);
export type Group = z.infer<typeof group>;
export type ServerInfo = z.infer<typeof serverInfo>;
export type StreamEvent = z.infer<typeof streamEvent>;
