import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { type Product, pointTimes, rawMetric } from '../support/product.ts';
import type { Chroot } from './chroot.ts';

/** Number of the process of a service, as its init script notes it. */
export async function pidOf(system: Chroot, service = 'monitoring-agent'): Promise<string> {
  return (await system.must(`cat /run/leafward/${service}.pid`)).trim();
}

/** Name of the user that a service runs as. */
export async function owner(system: Chroot, service = 'monitoring-agent'): Promise<string> {
  return (await system.must(`stat -c %U /proc/${await pidOf(system, service)}`)).trim();
}

/** Every path that an installation could have left, without what the system (and `besides`) keeps of its own work. */
export async function listing(system: Chroot, besides: readonly string[]): Promise<string[]> {
  const backups = ['passwd', 'group', 'shadow', 'gshadow', 'subuid', 'subgid'].map((name) => `/etc/${name}-`);
  const own = ['/proc', '/dev', '/sys', '/tmp', ...backups, ...besides];
  const skipped = own.map((path) => `-path ${path}`).join(' -o ');
  return (await system.must(`find / \\( ${skipped} \\) -prune -o -print`)).trim().split('\n').toSorted();
}

/** What a package of the monitoring agent has put there before anybody configured it; `said` is what its installation printed. */
export async function assertInstalled(system: Chroot, init: string, said: string): Promise<void> {
  assert.match(said, /does not run yet: it needs a server, a group and a key/);
  assert.match(await system.must('leafward --version'), /^leafward \d/);
  assert.equal((await system.run(`${init} status`)).status, 3);
  const owners = await system.must(
    'stat -c "%n %U:%G %a" /etc/leafward /etc/leafward/* /var/lib/leafward /var/lib/leafward/* /var/log/leafward',
  );
  assert.deepEqual(owners.trim().split('\n'), [
    '/etc/leafward root:leafward 750',
    '/etc/leafward/monitoring-agent.config root:leafward 640',
    '/etc/leafward/monitoring-agent.d root:leafward 2750',
    '/var/lib/leafward root:leafward 750',
    '/var/lib/leafward/monitoring-agent leafward:leafward 750',
    '/var/log/leafward leafward:leafward 750',
  ]);
}

/** The agent was started anew by an upgrade, as its user, and its samples go on. */
export async function assertGoesOn(
  system: Chroot,
  product: Product,
  before: { readonly pid: string; readonly hostId: string },
): Promise<void> {
  assert.notEqual(await pidOf(system), before.pid);
  assert.equal(await owner(system), 'leafward');
  const upgraded = Date.now();
  const goesOn = async () => (await pointTimes(product, before.hostId, rawMetric)).some((atMs) => atMs > upgraded);
  await eventually(goesOn, { what: 'samples after the upgrade', timeoutMs: 60_000, everyMs: 500 });
}
