import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { makeBlankArchives } from '../../../build/blank-archives.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { testArtifact } from '../../support/test-artifact.ts';

test('blank archives of all agents in both formats, with placeholders and notices; the same bytes every time', async () => {
  await using folder = tempDir();
  const linux = testArtifact(folder, 'linux-arm64', { version: '9.9.9' });
  testArtifact(folder, 'win-x64', { version: '9.9.9' });
  testArtifact(folder, 'darwin-x64', { version: '9.9.8' });
  const input = { artifacts: folder.path, version: '9.9.9', notices: Buffer.from('notices of others') };
  const made = await makeBlankArchives({ ...input, folder: folder.file('one') });
  const names = ['leafward-monitoring-agent', 'leafward-backup-agent', 'leafward-agents'].flatMap((agent) =>
    ['linux-arm64', 'win-x64'].flatMap((target) => [`${agent}-${target}.tar.gz`, `${agent}-${target}.zip`]),
  );
  assert.deepEqual(made.map((path) => basename(path)).sort(), names.sort());
  const again = await makeBlankArchives({ ...input, folder: folder.file('two') });
  for (const [index, path] of made.entries())
    assert.ok(readFileSync(path).equals(readFileSync(again[index] ?? '')), path);

  const archive = folder.file('one/leafward-monitoring-agent-linux-arm64.tar.gz');
  const inside = (name: string): Buffer =>
    execFileSync('tar', ['-xzOf', archive, `leafward-monitoring-agent/${name}`], { maxBuffer: 2 ** 24 });
  assert.ok(inside('leafward').equals(linux.files.get('leafward') ?? Buffer.alloc(0)));
  assert.equal(inside('THIRD-PARTY-LICENSES.txt').toString(), 'notices of others');
  const settings = inside('monitoring-agent.config').toString().split('\n');
  for (const line of ['serverUrl = @SERVER_URL@', 'groupId = @GROUP_ID@', 'apiKey = @API_KEY@']) {
    assert.ok(settings.includes(line), line);
  }
  execFileSync('unzip', ['-tqq', folder.file('one/leafward-agents-win-x64.zip')]);
  await assert.rejects(
    makeBlankArchives({ ...input, version: '1.0.0', folder: folder.file('three') }),
    /make executables/,
  );
});
