import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertTarget } from '../../../src/alerts/ports.ts';
import { targetFit } from '../../../src/alerts/target.ts';
import { hostView, setReport, snapshot } from '../../support/alert-snapshots.ts';

const everything: AlertTarget = { hostPattern: '', hostTypes: [], sets: [], clusters: [], tags: [] };
const fleet = snapshot({
  hosts: [
    { ...hostView('db-1.fra', { role: 'primary' }), tags: ['production'], aliases: ['old-name:27017'] },
    { ...hostView('db-2.fra', { role: 'hidden' }), tags: ['test'] },
    { ...hostView('cfg', { role: 'secondary', clusterRole: 'configsvr', replicaSetId: 'bbb' }), clusterId: 'c_1' },
    hostView('lost', { role: 'unknown', replicaSetId: 'ccc' }),
  ],
  sets: [setReport([]), setReport([], { replicaSetId: 'bbb', name: 'config' })],
});

for (const [given, fits] of [
  [{}, 'yes yes yes yes'],
  [{ hostPattern: '*.fra' }, 'yes yes no no'],
  [{ hostPattern: 'DB-?.fra:27017' }, 'yes yes no no'],
  [{ hostPattern: 'db-1.fra:27018, cfg' }, 'no no yes no'],
  [{ hostPattern: 'old-*' }, 'yes no no no'],
  [{ tags: ['test', 'production'] }, 'yes yes no no'],
  [{ tags: ['test'], hostPattern: 'db-1*' }, 'no no no no'],
  [{ hostTypes: ['primary'] }, 'yes no no maybe'],
  [{ hostTypes: ['secondary'] }, 'no yes yes maybe'],
  [{ hostTypes: ['configServer'] }, 'no no yes maybe'],
  [{ sets: ['checkout'] }, 'yes yes no no'],
  [{ sets: ['bbb'] }, 'no no yes no'],
  [{ clusters: ['c_1'] }, 'no no yes no'],
] as const) {
  test(`target ${JSON.stringify(given)}: ${fits}`, () => {
    const fit = targetFit({ ...everything, ...(given as Partial<AlertTarget>) }, fleet);
    const found = fleet.hosts.map(({ id, host }) => fit({ kind: 'host', id, label: host }));
    assert.equal(found.join(' '), fits);
  });
}

test('a set fits a target when one of its hosts does; agents and the group always do', () => {
  const fit = targetFit({ ...everything, hostPattern: '*.fra' }, fleet);
  assert.equal(fit({ kind: 'set', id: 'aaa', label: 'checkout' }), 'yes');
  assert.equal(fit({ kind: 'set', id: 'bbb', label: 'config' }), 'no');
  assert.equal(fit({ kind: 'cluster', id: 'c_1', label: '' }), 'no');
  assert.equal(fit({ kind: 'agent', id: 'a_1', label: '' }), 'yes');
  assert.equal(
    fit({ kind: 'host', id: 'aaa/x.fra:27017', label: 'x.fra:27017' }),
    'yes',
    'a member that is not watched',
  );
});

test('a pattern of many stars is decided at once', () => {
  const hosts = [hostView('a'.repeat(390))];
  const fit = targetFit({ ...everything, hostPattern: `${'*a'.repeat(190)}*b` }, snapshot({ hosts }));
  const begun = process.cpuUsage();
  assert.equal(fit({ kind: 'host', id: hosts[0]?.id ?? '', label: '' }), 'no');
  // A pattern that is tried in every way would take years.
  assert.ok(process.cpuUsage(begun).user < 20e6);
});
