import { setImmediate as turn } from 'node:timers/promises';

/** How long work may hold the thread before what waits beside it gets its turn. */
const sliceMs = 15;
let last = 0;

/** Called again and again inside of long work: answers to agents must not wait for it. */
export async function breathe(): Promise<void> {
  if (performance.now() - last < sliceMs) return;
  await turn();
  last = performance.now();
}
