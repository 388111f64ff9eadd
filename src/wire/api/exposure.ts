import { z } from 'zod';
import { id, timeMs } from './common.ts';

/**
 * What a look at a host's port from outside found, each worse than the one before: private = it has no public address, nothing was
 * dialled; closed = nobody answers; otherService = the port is open, and what answers is not MongoDB; mongodb = MongoDB answers and
 * guards its data; open = MongoDB lists its databases to anybody.
 */
export const exposureFinding = z.enum(['private', 'closed', 'otherService', 'mongodb', 'open']);

/** What is known of one host. */
export const hostExposure = z.object({
  hostId: id,
  /** Null: a check could not tell (the name does not resolve, the server has no way out); `detail` says why. */
  finding: exposureFinding.nullable(),
  severity: z.enum(['ok', 'info', 'warn', 'bad', 'unknown']),
  /** A sentence: what was seen, and the next step when there is one. */
  detail: z.string(),
  /** What was dialled, `203.0.113.7:27017`; null: nothing was. */
  address: z.string().nullable(),
  /** The port speaks TLS. */
  tls: z.boolean(),
  /** How many databases were listed; their names are not kept. Null: none were, or they could not be counted. */
  databases: z.number().int().nullable(),
  /** The machine that looked, and the address of its own that it looked from. */
  seenFrom: z.object({ host: z.string(), address: z.string().nullable() }),
  atMs: timeMs,
  /** Since when looks have found the same. */
  sinceMs: timeMs,
  nextAtMs: timeMs,
});

/** The check of one group: `allowed` is the administrator's switch for the server, `enabled` the group's own. Both on: hosts are checked. */
export const groupExposure = z.object({
  allowed: z.boolean(),
  enabled: z.boolean(),
  /** The next of the regular looks at all hosts; null while nothing is checked. */
  nextAtMs: timeMs.nullable(),
  /** Of hosts that were checked. */
  hosts: z.array(hostExposure),
});
export const changeGroupExposure = z.object({ enabled: z.boolean() });

export type ExposureFinding = z.infer<typeof exposureFinding>;
export type HostExposure = z.infer<typeof hostExposure>;
export type GroupExposure = z.infer<typeof groupExposure>;
