const handlers = new Map<NodeJS.Signals, () => void>();
let hangups = 0;

/**
 * Called first by a command that runs long: until its shutdown is made, SIGTERM and SIGINT end it with status 0 (nothing is open yet)
 * and SIGHUP is kept. Without it a reload in the first moments would end the process, as the system does by itself.
 */
export function holdEarlySignals(): void {
  if (handlers.size > 0) return;
  handlers.set('SIGTERM', () => process.exit(0));
  handlers.set('SIGINT', () => process.exit(0));
  handlers.set('SIGHUP', () => void hangups++);
  for (const [name, handler] of handlers) process.on(name, handler);
}

/** Other handlers are there now. @returns whether SIGHUP came meanwhile */
export function releaseEarlySignals(): boolean {
  for (const [name, handler] of handlers) process.off(name, handler);
  handlers.clear();
  const hadHangup = hangups > 0;
  hangups = 0;
  return hadHangup;
}
