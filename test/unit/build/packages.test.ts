import assert from 'node:assert/strict';
import { test } from 'node:test';
import { debianChangelog, readChangelog } from '../../../build/packages/changelog.ts';
import { commandPages, settingsPage } from '../../../build/packages/man-pages.ts';
import { packageFacts, packageVersion } from '../../../build/packages/package-facts.ts';
import { commands } from '../../../src/cli/all-commands.ts';
import { serverSettings } from '../../../src/cli/server-settings.ts';

const facts = { version: '0.1.0', date: '2026-11-21' };

test('every command has a manual page with its flags, under a name that man finds', async () => {
  const pages = new Map((await commandPages(facts)).map(({ name, roff }) => [name, roff]));
  const expected = ['leafward.1', ...commands.map(({ name }) => `leafward-${name.replaceAll(' ', '-')}.1`)];
  assert.deepEqual(new Set(pages.keys()), new Set(expected));
  const server = pages.get('leafward-server.1') ?? '';
  assert.match(server, /^\.TH "LEAFWARD\\-SERVER" "1" "2026-11-21" "Leafward 0\.1\.0"/m);
  for (const name of Object.keys(serverSettings)) {
    const flag = `\\fB\\-\\-${name.replace(/[A-Z]/g, (c) => `\\-${c.toLowerCase()}`)}`;
    assert.ok(server.includes(flag), name);
  }
  assert.match(pages.get('leafward.1') ?? '', /\.SH EXIT STATUS[^]*^\\fB78\\fR\n.*SETTINGS_INVALID/m);
});

test('text that begins like a request of roff stays text', () => {
  const table = { odd: { kind: 'string', help: ".hidden 'and' \\back-slash." } } as const;
  const { name, roff } = settingsPage('server', table, facts);
  assert.equal(name, 'leafward-server.config.5');
  assert.match(roff, /^\\&\.hidden \\\(aqand\\\(aq \\eback\\-slash\.$/m);
});

test('the changelog is as dpkg reads it, with the version of the package first', () => {
  const releases = readChangelog(
    '# Changelog\n\n## 0.2.0 (not released)\n\n- [FEATURE] `new`.\n\n## 0.1.0\n\n- [CHANGE] old.\n',
  );
  assert.deepEqual(releases, [
    { version: '0.2.0', notes: ['[FEATURE] new.'] },
    { version: '0.1.0', notes: ['[CHANGE] old.'] },
  ]);
  const of = { name: 'leafward', version: '0.2.0~rc.1-1', maintainer: 'A <a@b.example>', date: new Date(0) };
  assert.equal(
    debianChangelog(releases, of),
    [
      'leafward (0.2.0~rc.1-1) stable; urgency=medium',
      '',
      '  * [FEATURE] new.',
      '',
      ' -- A <a@b.example>  Thu, 01 Jan 1970 00:00:00 +0000',
      '',
      'leafward (0.1.0-1) stable; urgency=medium',
      '',
      '  * [CHANGE] old.',
      '',
      ' -- A <a@b.example>  Thu, 01 Jan 1970 00:00:00 +0000',
      '',
    ].join('\n'),
  );
});

test('a pre-release sorts before its release, and a publisher has a name and an address', () => {
  const made = packageFacts({ LEAFWARD_PACKAGER: 'A B <a@b.example>' });
  assert.equal(made.maintainer, 'A B <a@b.example>');
  assert.equal(packageVersion({ ...made, version: '0.2.0-rc.1' }), '0.2.0~rc.1-1');
  assert.throws(() => packageFacts({ LEAFWARD_PACKAGER: 'A B' }), /not "Name <address>"/);
});
