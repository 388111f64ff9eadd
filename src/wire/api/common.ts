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

/**
 * A name that people give. It stands in mails, logs and pages: no control characters, and none that turn the direction of the
 * text around what follows.
 */
export const plainName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  // Not \p{Cc}: clients are made from the description of the API, and not every language's patterns know it.
  // oxlint-disable-next-line no-control-regex
  .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$/u, 'no control characters');

/** Where a server is reached. It becomes part of links and of lines for a shell: nothing that means something there. */
export const serverUrl = z
  .url({ protocol: /^https?$/ })
  .max(400)
  .regex(
    /^https?:\/\/(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?(?:\/[\w.~-]+)*\/*$/i,
    'http:// or https://, a name, a port, a path',
  );

/** Nested no deeper than MongoDB takes documents: whoever reads it may call itself for each level. */
export function isShallow(value: unknown, levels = 100): boolean {
  let below: readonly unknown[] = [value];
  for (let level = 0; below.length > 0; level++) {
    if (level > levels) return false;
    below = below.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return true;
}

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
