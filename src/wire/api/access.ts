import { z } from 'zod';
import { id, timeMs } from './common.ts';

export const role = z.enum(['owner', 'operator', 'viewer']);
export const sessionAnswer = z.object({
  user: z.object({ id, email: z.string() }),
  groups: z.array(z.object({ id, name: z.string(), role })),
  /** Sent back as the header `leafward-csrf` with every request that changes something. */
  csrf: z.string(),
  serverVersion: z.string(),
  /** Things the owner should mend, in plain words ("publicUrl is a loopback address …"). */
  warnings: z.array(z.string()),
});
export const signInRequest = z.object({ email: z.string().max(400), password: z.string().max(1000) });
export const signInLinkRequest = z.object({ token: z.string().max(200) });
export const setupState = z.object({ valid: z.boolean(), expiresAtMs: timeMs.optional() });
export const setupRequest = z.object({
  token: z.string().max(200),
  email: z.email().max(400),
  password: z.string().min(10).max(1000),
  groupName: z.string().trim().min(1).max(200),
  publicUrl: z.url().max(400),
});

export const keyScope = z.enum(['monitoring', 'backup', 'both']);
export const agentKey = z.object({
  id,
  name: z.string(),
  scope: keyScope,
  createdAtMs: timeMs,
  lastUsedAtMs: timeMs.nullable(),
  revokedAtMs: timeMs.nullable(),
  /** Minted by a download link, which is not yet used. */
  sealed: z.boolean(),
});
export const newAgentKeyRequest = z.object({ name: z.string().trim().min(1).max(200), scope: keyScope });
/** The secret is shown this once. */
export const newAgentKeyAnswer = z.object({ key: agentKey, secret: z.string() });
export const apiToken = z.object({
  id,
  name: z.string(),
  role,
  createdAtMs: timeMs,
  lastUsedAtMs: timeMs.nullable(),
  revokedAtMs: timeMs.nullable(),
});
export const newApiTokenRequest = z.object({ name: z.string().trim().min(1).max(200), role });
export const newApiTokenAnswer = z.object({ token: apiToken, secret: z.string() });

export const agentKind = z.enum(['monitoring', 'backup']);
export const auditEvent = z.object({ id, atMs: timeMs, actor: z.string(), action: z.string(), detail: z.string() });

export type Role = z.infer<typeof role>;
export type AgentKind = z.infer<typeof agentKind>;
export type KeyScope = z.infer<typeof keyScope>;
export type SessionAnswer = z.infer<typeof sessionAnswer>;
export type SetupState = z.infer<typeof setupState>;
export type NewAgentKeyAnswer = z.infer<typeof newAgentKeyAnswer>;
export type NewApiTokenAnswer = z.infer<typeof newApiTokenAnswer>;
export type AgentKey = z.infer<typeof agentKey>;
export type ApiToken = z.infer<typeof apiToken>;
export type AuditEvent = z.infer<typeof auditEvent>;
