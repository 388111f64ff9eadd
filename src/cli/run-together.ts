import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../runtime/atomic-file.ts';
import { AppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/periodic.ts';
import type { Shutdown } from '../runtime/shutdown.ts';
import { addFirstOwner } from '../server/access/accounts.ts';
import type { Backups } from '../server/backup/backups.ts';
import type { ServerContext } from '../server/context.ts';
import { addHost } from '../server/fleet/change-hosts.ts';
import type { ChildGuard } from './child-guard.ts';
import { startLocalAgent } from './local-agent.ts';
import type { SeedUri } from './seed-uri.ts';
import type { RunningServer } from './start-server.ts';

interface Together {
  readonly server: RunningServer;
  readonly dataDir: string;
  readonly groupName: string;
  readonly seed: SeedUri | undefined;
  /** Polling interval to begin with; a group that exists keeps its own. */
  readonly intervalMs?: number;
  /** Hosts of an earlier run are forgotten. */
  readonly forgetHosts?: boolean;
  /** Backup is switched on for what is found first. */
  readonly backUp?: boolean;
  readonly logLevel: string;
  readonly guard: ChildGuard;
  readonly log: Log;
  readonly shutdown: Shutdown;
}

/** Who owns what this program made, kept beside the store: the next start signs the same person in. */
const ownerFile = z.object({ email: z.string(), groupId: z.string() });
type Owner = z.infer<typeof ownerFile>;

const email = 'owner@localhost';

/** Account, group, hosts and agents beside a server that runs. Gives back the link that signs in, or the pages' address. */
export async function runTogether(together: Together): Promise<{ link: string; signsIn: boolean }> {
  const { server, seed, shutdown } = together;
  const { context } = server;
  const owner = await ownerOf(together);
  const groupId = owner?.groupId ?? (await firstGroup(context));
  if (together.forgetHosts === true) await forgetHosts(context, groupId);
  if (seed !== undefined) await addSeeds(context, groupId, seed);
  const common = {
    dataDir: together.dataDir,
    groupId,
    serverUrl: server.url,
    serverCa: server.ca,
    seed,
    logLevel: together.logLevel,
    context,
    guard: together.guard,
    log: together.log,
    signal: shutdown.signal,
  };
  for (const kind of ['monitoring', 'backup'] as const) {
    const agent = await startLocalAgent({ ...common, kind });
    shutdown.onClose(`${kind} agent`, () => agent.close());
  }
  if (together.backUp === true) {
    const switching = switchOn(server.backups, groupId, shutdown.signal);
    shutdown.onClose('switching backup on', () => switching);
  }
  if (owner === undefined) return { link: server.publicUrl(), signsIn: false };
  return { link: await server.signInLink(owner.email), signsIn: true };
}

/** As soon as monitoring has found replica sets: all of them are backed up. */
async function switchOn(backups: Backups, groupId: string, signal: AbortSignal): Promise<void> {
  const { sets } = await backups.context.fleet.group(groupId);
  while (sets.size === 0) if (!(await sleep(500, signal))) return;
  for (const replicaSetId of sets.keys()) await backups.start(groupId, replicaSetId, {});
}

/** The owner of an earlier run, or a new one where nobody has set the server up; undefined = somebody else did. */
async function ownerOf({ server, dataDir, groupName, intervalMs }: Together): Promise<Owner | undefined> {
  const { context } = server;
  const path = join(dataDir, 'owner.json');
  if ((await context.stores.accounts.countUsers()) > 0) {
    const owner = await readOwner(path);
    const known = owner === undefined ? undefined : await context.stores.accounts.userByEmail(owner.email);
    return known === undefined ? undefined : owner;
  }
  // Nobody knows the password: the link signs in, and "leafward admin user reset-password" makes another.
  const password = randomBytes(24).toString('base64url');
  const { group } = await addFirstOwner(context, { email, password, groupName });
  if (intervalMs !== undefined) await context.stores.groups.saveGroup({ ...group, intervalMs });
  const owner = { email, groupId: group.id };
  await writeFileAtomically(path, JSON.stringify(owner));
  return owner;
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return ownerFile.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function firstGroup(context: ServerContext): Promise<string> {
  const [group] = (await context.stores.groups.groups()).toSorted((a, b) => a.createdAtMs - b.createdAtMs);
  if (group === undefined) throw new AppError('NOT_FOUND', 'this data directory holds an account but no group');
  return group.id;
}

async function forgetHosts(context: ServerContext, groupId: string): Promise<void> {
  const fleet = await context.fleet.group(groupId);
  for (const id of [...fleet.hosts.keys()]) await fleet.removeHost(id);
}

async function addSeeds(context: ServerContext, groupId: string, seed: SeedUri): Promise<void> {
  const fleet = await context.fleet.group(groupId);
  for (const host of seed.hosts) {
    try {
      await addHost(fleet, context.box, { host, tls: seed.tls }, context.clock.now());
    } catch (thrown) {
      // Watched already: by an earlier run, or as another member's alias.
      if (!(thrown instanceof AppError && thrown.code === 'CONFLICT')) throw thrown;
    }
  }
  context.work.settingsChanged(groupId);
}
