import { z } from 'zod';
import { id, timeMs } from './common.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * user: a person who is signed in (or, refused, the name that was typed); token: an API token; agent: an agent's key;
 * link: whoever had the address of a download; admin-cli: `leafward admin` on the server's machine; system: the server itself.
 */
export const auditActor = z.object({
  kind: z.enum(['user', 'token', 'agent', 'link', 'admin-cli', 'system']),
  id: z.string().nullable(),
  name: z.string(),
});
/** What was acted on; the label is its name at that time. */
export const auditSubject = z.object({ kind: z.string(), id: z.string(), label: z.string() });
export const auditValue = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);

/** The format and the chain: docs/audit.md. */
export const auditEvent = z.object({
  /** 1, 2, 3 … over the whole instance, without holes. */
  sequence: z.number().int(),
  id,
  atMs: timeMs,
  /** Null: about the server, not a group. */
  groupId: id.nullable(),
  actor: auditActor,
  /** Where the request came from; null when there was none. */
  address: z.string().nullable(),
  /** One of `GET /audit/actions`. */
  action: z.string(),
  subject: auditSubject.nullable(),
  /** Never a secret. */
  detail: z.record(z.string(), auditValue),
  /** Hash of the event before. */
  previousHash: hash,
  /** SHA-256 over the canonical JSON (RFC 8785) of all other fields. */
  hash,
});

/** Filters of a list and of an export. */
export const auditFilter = z.object({
  /** Times in ms: from included, to not. */
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
  /** The actor's id, or a part of the name. */
  actor: z.string().max(200).optional(),
  /** An action or its beginning: `backup`, `backup.find`. */
  action: z.string().max(100).optional(),
  /** A part of action, actor, address, subject or detail, in any case. */
  text: z.string().max(200).optional(),
});
export const auditQuery = auditFilter.extend({
  /** `nextBefore` of the page before. */
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
/** Newest first. A page may hold fewer than asked for although there is more: ask on while `nextBefore` is not null. */
export const auditAnswer = z.object({ events: z.array(auditEvent), nextBefore: z.number().int().nullable() });
export const auditActionsAnswer = z.array(z.object({ action: z.string(), meaning: z.string() }));

/** The end of the chain: kept elsewhere, it proves that nothing up to it was changed or cut since. */
export const auditHead = z.object({ sequence: z.number().int(), hash, atMs: timeMs.nullable() });

/** `GET` and `PATCH /instance/audit`: events that are older are removed; null keeps all. */
export const auditSettings = z.object({ keepDays: z.number().int().min(30).max(36_500).nullable() });
export const changeAuditSettings = auditSettings.partial().strict();

export type AuditActor = z.infer<typeof auditActor>;
export type AuditSubject = z.infer<typeof auditSubject>;
export type AuditValue = z.infer<typeof auditValue>;
export type AuditEvent = z.infer<typeof auditEvent>;
export type AuditFilter = z.infer<typeof auditFilter>;
export type AuditAnswer = z.infer<typeof auditAnswer>;
export type AuditHead = z.infer<typeof auditHead>;
