import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import {
  environmentLines,
  momentFlags,
  type RestoreChoice,
  restoreCommand,
} from '../../../../../../src/web/pages/backup/wizard/restore-command.ts';

const moment = { atMs: Date.UTC(2026, 10, 21, 10, 0, 0) };

const anywhere = { hosts: '', login: 'none', user: '' } as const;

/** The words that a shell makes of a command. */
function wordsOf(command: string): string[] {
  const script = `leafward() { printf '%s\\n' "$@"; }\n${command}`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trimEnd().split('\n');
}

test('the restore command is what the program takes, whatever the names', () => {
  const choice = {
    replicaSet: "it's $(here)",
    moment,
    namespaces: ['shop.orders', "shop.`x`'y"],
    rename: 'shop.*=the copy.*',
    toSource: true,
    drop: true,
    usersAndRoles: true,
    filter: null,
    existing: 'refuse',
    target: anywhere,
  } as const;
  assert.deepEqual(wordsOf(restoreCommand(choice, true)), [
    'restore',
    '--replica-set',
    "it's $(here)",
    '--at',
    '2026-11-21T10:00:00Z',
    '--namespace',
    "shop.orders,shop.`x`'y",
    '--rename',
    'shop.*=the copy.*',
    '--to-source',
    '--users-and-roles',
    '--drop',
    '--to',
    'mongodb://TARGET:27017',
    '--dry-run',
  ]);
  const plain = { ...choice, namespaces: [], rename: '', toSource: false, drop: false, usersAndRoles: false };
  assert.deepEqual(wordsOf(restoreCommand(plain, false)).slice(3), [
    '--at',
    '2026-11-21T10:00:00Z',
    '--to',
    'mongodb://TARGET:27017',
  ]);
});

test('a moment is a second, a snapshot or an optime', () => {
  assert.equal(momentFlags({ atMs: moment.atMs + 999 }), '--at 2026-11-21T10:00:00Z');
  assert.equal(momentFlags({ snapshotId: 's 1' }), "--snapshot 's 1'");
  assert.equal(momentFlags({ optime: '5:1' }), '--optime 5:1');
});

test('the environment names server and group, and asks for the token instead of holding it', () => {
  const lines = environmentLines('https://leafward.example.net:8080', 'g1');
  assert.match(
    lines,
    /^export LEAFWARD_SERVER_URL=https:\/\/leafward\.example\.net:8080 LEAFWARD_GROUP_ID=g1\nread -rs /,
  );
});

test('chosen documents come by their filter; what belongs to whole collections is left out', () => {
  const choice: RestoreChoice = {
    ...{ replicaSet: 'rs0', moment, namespaces: ['shop.orders'], rename: '', toSource: false },
    ...{ drop: true, usersAndRoles: true, filter: { name: "O'Hara", $or: [{ a: 1 }] } },
    existing: 'keep',
    target: anywhere,
  };
  assert.deepEqual(wordsOf(restoreCommand(choice, true)).slice(5), [
    ...['--namespace', 'shop.orders', '--filter', '{"name":"O\'Hara","$or":[{"a":1}]}', '--existing', 'keep'],
    ...['--to', 'mongodb://TARGET:27017', '--dry-run'],
  ]);
});
