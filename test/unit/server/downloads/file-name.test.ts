import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archiveName } from '../../../../src/server/downloads/file-name.ts';
import { fc } from '../../../support/properties.ts';

test('names that people give become names of files', () => {
  const name = (group: string) => archiveName('monitoring', group, 'g_0123').replace('leafward-monitoring-agent-', '');
  assert.equal(name('Shop'), 'Shop');
  assert.equal(name('Köln & Zürich'), 'Koln-Zurich');
  assert.equal(name('../../etc/passwd'), 'etc-passwd');
  assert.equal(name('a"; rm -rf /\r\nX: y'), 'a-rm-rf-X-y');
  assert.equal(name('監視'), 'g_0123');
  assert.equal(name('...'), 'g_0123');
  assert.equal(archiveName('backup', 'Shop', 'g_0123'), 'leafward-backup-agent-Shop');
});

test('any group name makes a safe and short file name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (group) => {
      const name = archiveName('monitoring', group, 'g_0123');
      assert.match(name, /^leafward-monitoring-agent-[A-Za-z0-9_][A-Za-z0-9._-]{0,59}$/);
      assert.doesNotMatch(name, /\.\.|[-.]$/);
    }),
  );
});
