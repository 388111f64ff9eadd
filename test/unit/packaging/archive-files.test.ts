import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { monitoringAgentSettings } from '../../../src/cli/monitoring-agent-settings.ts';
import { environmentName } from '../../../src/runtime/settings.ts';

const folder = join(import.meta.dirname, '../../../packaging/archive');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

test('the init script is one that a shell can read, and refuses what it does not know', () => {
  const script = join(folder, 'leafward-monitoring-agent.init');
  execFileSync('sh', ['-n', script]);
  // Without the program in its place it says nothing and does nothing, as init scripts of removed packages must.
  assert.equal(execFileSync('sh', [script, 'start'], { encoding: 'utf8' }), '');
});

test('unit and init script set only settings that the agent has', () => {
  const known = new Set(Object.keys(monitoringAgentSettings).map(environmentName));
  const text = read('leafward-monitoring-agent.service') + read('leafward-monitoring-agent.init');
  const named = [...text.matchAll(/\bLEAFWARD_[A-Z_]+/g)].map(([name]) => name);
  assert.ok(named.length >= 3);
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  );
});

test('what the README tells to copy is in the archive', () => {
  const readme = read('README');
  for (const name of [
    'leafward-monitoring-agent.service',
    'leafward-monitoring-agent.init',
    'monitoring-agent.config',
  ]) {
    assert.ok(readme.includes(name), name);
  }
});
