import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterProbe, type ExposureRecord, shownExposure } from '../../../../src/server/exposure/finding.ts';
import type { Look } from '../../../../src/server/exposure/look.ts';
import type { Probed } from '../../../../src/server/exposure/probe.ts';
import { hostExposure } from '../../../../src/wire/api/exposure.ts';

const startMs = Date.UTC(2026, 10, 21, 12);

function looked(look: Look): Probed {
  return { kind: 'looked', address: '9.9.9.9:27017', look };
}
const open = looked({ kind: 'open', tls: true, from: '198.51.100.1', databases: 1 });
const unresolved: Probed = { kind: 'unresolved', name: 'db', reason: 'there is no such name' };

/** Looks five minutes apart. */
function course(...looks: readonly Probed[]): ExposureRecord[] {
  const records: ExposureRecord[] = [];
  for (const [index, probed] of looks.entries()) {
    if (probed.kind === 'postponed') throw new Error('nothing is known after nothing');
    const seen = {
      groupId: 'g',
      hostId: 'h',
      target: 'db:27017',
      seenFrom: 'server1',
      nowMs: startMs + index * 300_000,
    };
    records.push(afterProbe(probed, records.at(-1), seen));
  }
  return records;
}

test('what was seen has a severity, a sentence with the next step, and from where it was seen', () => {
  for (const [probed, finding, severity, words] of [
    [open, 'open', 'bad', /lists 1 database to anybody without a login\. Close the port now/],
    [
      looked({ kind: 'open', tls: false, from: null, databases: null }),
      'open',
      'bad',
      /lists its databases to anybody/,
    ],
    [looked({ kind: 'mongodb', tls: false, from: null, needsLogin: true }), 'mongodb', 'warn', /only logins guard/],
    [looked({ kind: 'mongodb', tls: false, from: null, needsLogin: false }), 'mongodb', 'warn', /did not list/],
    [looked({ kind: 'otherService', tls: false, from: null }), 'otherService', 'info', /is not MongoDB/],
    [looked({ kind: 'otherService', tls: true, from: null }), 'otherService', 'info', /speaks TLS/],
    [looked({ kind: 'refused' }), 'closed', 'ok', /refuses connections/],
    [looked({ kind: 'silent' }), 'closed', 'ok', /does not answer/],
    [looked({ kind: 'noRoute' }), null, 'unknown', /no way to/],
    [unresolved, null, 'unknown', /leads nowhere/],
    [{ kind: 'private', addresses: ['10.0.0.1 (private)'] }, 'private', 'ok', /Nothing was dialled/],
  ] as const) {
    const [record] = course(probed);
    assert.ok(record !== undefined);
    assert.equal(record.finding, finding);
    assert.equal(record.severity, severity);
    const shown = hostExposure.parse(shownExposure(record));
    assert.match(shown.detail, words);
    assert.equal(shown.seenFrom.host, 'server1');
    assert.ok(!('target' in shown) && !('doubt' in shown));
  }
  assert.equal(course(open)[0]?.seenFrom.address, '198.51.100.1');
});

test('a host that was open is closed at once when its port refuses, and after three looks without an answer', () => {
  assert.deepEqual(
    course(open, looked({ kind: 'refused' })).map(({ finding }) => finding),
    ['open', 'closed'],
  );
  const silent = looked({ kind: 'silent' });
  const records = course(open, silent, silent, silent, silent);
  assert.deepEqual(
    records.map(({ finding }) => finding),
    ['open', 'open', 'open', 'closed', 'closed'],
  );
  assert.match(
    shownExposure(records[1] ?? assert.fail()).detail,
    /lists 1 database .* The last look could not tell .*does not answer/,
  );
  assert.deepEqual(
    course(open, silent, silent, open, silent, silent).map(({ finding }) => finding),
    Array.from({ length: 6 }, () => 'open'),
    'an answer in between begins anew',
  );
});

test('a host that was open stays so while the server itself is cut off, and is asked again each five minutes', () => {
  const records = course(open, unresolved, looked({ kind: 'noRoute' }), unresolved, unresolved);
  for (const [index, { finding, nextAtMs, sinceMs }] of records.entries()) {
    assert.equal(finding, 'open');
    assert.equal(nextAtMs, startMs + (index + 1) * 300_000);
    assert.equal(sinceMs, startMs);
  }
});

test('since when it is so stays while the finding does', () => {
  const mongodb = looked({ kind: 'mongodb', tls: false, from: null, needsLogin: true });
  const since = course(open, mongodb, mongodb, open).map(({ sinceMs }) => (sinceMs - startMs) / 300_000);
  assert.deepEqual(since, [0, 1, 1, 3]);
});
