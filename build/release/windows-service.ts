import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../paths.ts';

const goArch = { x64: 'amd64', arm64: 'arm64' } as const;

/** Whether this machine can build the helper. */
export function hasGo(): boolean {
  return spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;
}

/** leafward-service.exe (tools/windows-service) for a processor. The same Go gives the same bytes. */
export function buildWindowsService(arch: 'x64' | 'arm64'): Buffer {
  const scratch = mkdtempSync(join(tmpdir(), 'leafward-service-'));
  try {
    const output = join(scratch, 'leafward-service.exe');
    const flags = ['-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w -buildid='];
    execFileSync('go', ['build', ...flags, '-o', output, '.'], {
      cwd: join(root, 'tools', 'windows-service'),
      env: { ...process.env, CGO_ENABLED: '0', GOOS: 'windows', GOARCH: goArch[arch], GOFLAGS: '' },
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: 300_000,
    });
    return readFileSync(output);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
