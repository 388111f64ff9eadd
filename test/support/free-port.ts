import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** What is sought in where the kernel hands nothing out; the bounds leave alone what is well known. */
const lowest = 20_000;
const usualFrom = 32_768;
const fewest = 1000;
const dayMs = 86_400_000;

const own = new Set<string>();
process.on('exit', () => {
  for (const path of own) rmSync(path, { force: true });
});

/**
 * A loopback port at which nothing listens, for programs that cannot listen on port 0 (mongod), for servers that come back at
 * the same address, and for addresses at which there shall be nobody. Until this process ends nobody else gets it: it lies below
 * the ports that the kernel chooses from, and a file keeps it from the other tests of this machine.
 */
export async function freePort(): Promise<number> {
  const below = handedOutFrom();
  if (below - lowest < fewest) return (await tryPort(0)) ?? 0;
  for (let tries = 0; tries < 1000; tries++) {
    const port = lowest + Math.floor(Math.random() * (below - lowest));
    if (takes(port) && (await tryPort(port)) !== undefined) return port;
  }
  throw new Error(`no free port between ${lowest} and ${below}`);
}

/** The first of the ports that the kernel hands out, to who listens on port 0 and to who connects. */
function handedOutFrom(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10) || usualFrom;
  } catch {
    return usualFrom;
  }
}

/** Whether nobody has taken it. What a killed test left is taken away after a day. */
function takes(port: number): boolean {
  const folder = join(tmpdir(), `leafward-test-ports-${userInfo().uid}`);
  const path = join(folder, String(port));
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(path, '', { flag: 'wx' });
    own.add(path);
    return true;
  } catch {
    if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > dayMs) rmSync(path, { force: true });
    return false;
  }
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  const isOpen = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!isOpen) return undefined;
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address === null || typeof address === 'string' ? undefined : address.port;
}
