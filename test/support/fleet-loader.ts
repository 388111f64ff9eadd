import { join } from 'node:path';
import { startChild } from './child-process.ts';
import { diagnosticRecording } from './diagnostic-recording.ts';
import type { Product } from './product.ts';

/** What the server acknowledged so far, and by how much the loader itself was late in the last second. */
export interface FleetProgress {
  readonly samples: number;
  readonly numbers: number;
  readonly lateMs: number;
}

export interface FleetLoader {
  progress(): FleetProgress;
  exitCode(): number | null;
  stop(): void;
}

/** How many replies the fleet repeats, one of each second. */
export const fleetRecording = 361;

/** Starts an agent of `hosts` recorded hosts, the first `pastHosts` of them with a past hour: see fleet-loader-main.ts. */
export async function startFleetLoader(product: Product, hosts: number, pastHosts = 0): Promise<FleetLoader> {
  // Where nothing is recorded yet it takes six minutes, which are not those of the fleet.
  await diagnosticRecording(fleetRecording);
  const main = join(import.meta.dirname, 'fleet-loader-main.ts');
  const args = [product.url, product.groupId, product.agentKey, String(hosts), String(pastHosts)];
  const child = startChild(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let progress: FleetProgress = { samples: 0, numbers: 0, lateMs: 0 };
  let begun = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (begun + text).split('\n');
    begun = lines.pop() ?? '';
    const last = lines.at(-1);
    if (last !== undefined) progress = JSON.parse(last) as FleetProgress;
  });
  return { progress: () => progress, exitCode: () => child.exitCode, stop: () => void child.kill('SIGTERM') };
}
