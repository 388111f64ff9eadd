import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { agentRoutes } from '../../src/wire/protocol.ts';
import { decodeSamples } from '../../src/wire/sample-frames.ts';

/**
 * Prints its address, then after each message of samples how much it took in all. Arguments: milliseconds between polls, and
 * the hosts that an agent which asks is told to watch.
 */
const [intervalMs = '1000', ...hosts] = process.argv.slice(2);
const settings = {
  version: 1,
  role: 'active',
  epoch: 1,
  leaseMs: 20_000,
  intervalMs: Number(intervalMs),
  collectDatabases: true,
  collectCollections: true,
  targets: hosts.map((host, index) => ({ hostId: `h_${index}`, host, seed: true })),
  orders: [],
};
let samples = 0;
let values = 0;

function takeSamples(body: Uint8Array): unknown {
  for (const { times, values: frames } of decodeSamples(body).runs) {
    samples += times.length;
    for (const frame of frames) values += frame.length;
  }
  console.log(JSON.stringify({ samples, values }));
  return { missingSchemas: [], appendedSamples: 1, unknownStreams: [] };
}

async function answer(url: URL, body: Uint8Array): Promise<unknown> {
  switch (url.pathname) {
    case agentRoutes.hello:
      return { serverVersion: 'fake', serverTimeMs: Date.now(), approved: true };
    case agentRoutes.settings:
      if (url.searchParams.get('version') === '1') await delay(Number(url.searchParams.get('waitSeconds')) * 1000);
      return settings;
    case agentRoutes.samples:
      return takeSamples(body);
    default:
      return {};
  }
}

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', async () => {
    const sent = Buffer.concat(parts);
    const body = request.headers['content-encoding'] === 'zstd' ? zstdDecompressSync(sent) : sent;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(await answer(new URL(request.url ?? '/', 'http://127.0.0.1'), body)));
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
});
