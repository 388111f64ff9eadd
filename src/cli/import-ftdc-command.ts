import { parseHostAddress } from '../model/host-address.ts';
import { importFtdc } from '../monitor/import-ftdc.ts';
import { ServerLink } from '../monitor/server-link.ts';
import { visitorIdentity } from '../monitor/visit.ts';
import { AppError } from '../runtime/errors.ts';
import type { Target } from '../wire/agent-messages.ts';
import { ServerClient } from '../wire/client.ts';
import type { Flags } from './commands.ts';
import { agentSettingsOf, readAgentSettings } from './monitoring-agent-command.ts';

/** `leafward import-ftdc DIR`: sends the past of one host to the server, at the pace at which the group is polled. */
export async function runImportFtdcCommand(flags: Flags, args: readonly string[]): Promise<void> {
  const [folder] = args;
  if (folder === undefined) throw new AppError('USAGE', 'leafward import-ftdc: name the folder diagnostic.data');
  const settings = agentSettingsOf(readAgentSettings(flags), flags);
  const identity = await visitorIdentity(settings.stateDir);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('interrupted')));
  const client = new ServerClient(settings);
  try {
    const link = new ServerLink(client, identity, stop.signal);
    const { targets, intervalMs } = await link.settings(-1, 0);
    const target = chosen(flags['host'], targets);
    const imported = await importFtdc({
      folder,
      hostId: target.hostId,
      everyMs: Math.max(10_000, intervalMs),
      send: (body) => link.samples(body, 0, false),
    });
    if (flags['json'] === true) console.log(JSON.stringify({ host: target.host, ...imported }));
    else console.log(sentence(target.host, imported));
  } finally {
    await client.close();
  }
}

function sentence(
  host: string,
  { samples, appended, firstMs, lastMs }: Awaited<ReturnType<typeof importFtdc>>,
): string {
  if (firstMs === undefined || lastMs === undefined) return `${host}: the folder holds no samples.`;
  const span = `${new Date(firstMs).toISOString()} to ${new Date(lastMs).toISOString()}`;
  return `${host}: ${samples} samples from ${span}, ${appended} of them new to the server.`;
}

function chosen(host: unknown, targets: readonly Target[]): Target {
  const names = targets.map((target) => target.host).join(', ');
  if (typeof host === 'string') {
    const address = parseHostAddress(host);
    const found = targets.find((target) => target.host === address);
    if (found !== undefined) return found;
    throw new AppError('INPUT_INVALID', `the group does not watch ${address}`, {
      hint: names === '' ? 'Add the host on the page first.' : `It watches ${names}.`,
    });
  }
  const [only, ...others] = targets;
  if (only !== undefined && others.length === 0) return only;
  throw new AppError('USAGE', 'leafward import-ftdc: say with --host whose figures these are', {
    hint: names === '' ? 'Add the host on the page first.' : `One of ${names}.`,
  });
}
