import { z } from 'zod';

export const id = z.string().min(1).max(100);
/** Milliseconds since 1970 UTC. */
export const timeMs = z.number();

/** A word that people put on hosts: `production`, `team:shop`. */
export const hostTag = z
  .string()
  .trim()
  .min(1)
  .max(50)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._:=/@-]*$/u, 'letters, digits and . _ : = / @ - only');

/** Body of every error answer. */
export const problem = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.infer<typeof problem>;

/** Shape and word of a state: ok ●, warn ▲, bad ■, unknown ◌, off –. */
export const health = z.enum(['ok', 'warn', 'bad', 'unknown', 'off']);
export type Health = z.infer<typeof health>;

/** A state in plain words: the word beside the shape, and since when. */
export const status = z.object({ health, word: z.string(), sinceMs: timeMs.optional(), detail: z.string().optional() });
export type Status = z.infer<typeof status>;
