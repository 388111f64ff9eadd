import { toAppError } from '../../runtime/errors.ts';
import { periodic } from '../../runtime/periodic.ts';
import { noteLost } from '../agents/agent-life.ts';
import type { ServerContext } from '../context.ts';

const everyMs = 5_000;

/** Notes agents that fall silent, until the server stops. */
export async function watchAgents(context: ServerContext): Promise<void> {
  const told = new Map<string, Map<string, number>>();
  const look = async (): Promise<void> => {
    for (const fleet of await context.fleet.all()) {
      const ofGroup = told.get(fleet.group.id) ?? new Map<string, number>();
      told.set(fleet.group.id, ofGroup);
      await noteLost(context, fleet, ofGroup);
    }
  };
  await periodic(look, {
    intervalMs: everyMs,
    firstDelayMs: everyMs,
    signal: context.signal,
    onError: (thrown) => {
      const { code, message } = toAppError(thrown);
      if (code !== 'STORE_FULL') context.log.warn('looking for lost agents failed', { code, reason: message });
    },
  });
}
