import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** What is sought in where the kernel hands nothing out; the bounds leave alone what is well known. */
const lowest = 20_000;
const usualFrom = 32_768;
const fewest = 1000;

/**
 * A loopback port at which nothing listens, for programs that cannot listen on port 0 (mongod), for servers that come back at
 * the same address, and for addresses at which there shall be nobody. The kernel gives it to no one else meanwhile, since it lies
 * below the ports that the kernel chooses from; only a test that draws the same number could take it.
 */
export async function freePort(): Promise<number> {
  const below = handedOutFrom();
  for (let tries = 0; tries < 100; tries++) {
    const port = below - lowest < fewest ? 0 : lowest + Math.floor(Math.random() * (below - lowest));
    const found = await tryPort(port);
    if (found !== undefined) return found;
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
