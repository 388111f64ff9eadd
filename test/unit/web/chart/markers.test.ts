import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markersOf } from '../../../../src/web/chart/markers.ts';

test('events of the agents and of the alerts become marks of their kind, others none', () => {
  const kinds = [
    'restart',
    'election',
    'stateChange',
    'versionChange',
    'unreachable',
    'reachable',
    'alertOpened',
    'alertClosed',
    'alertAcknowledged',
    'memberAdded',
  ];
  const subject = { kind: 'host', id: 'h1', label: 'a' } as const;
  const marks = markersOf(kinds.map((kind, at) => ({ id: kind, atMs: at, kind, subject, message: kind })));
  assert.deepEqual(
    marks.map((mark) => [mark.id, mark.kind]),
    [
      ['restart', 'restart'],
      ['election', 'election'],
      ['stateChange', 'election'],
      ['versionChange', 'version'],
      ['unreachable', 'alert'],
      ['reachable', 'recovered'],
      ['alertOpened', 'alert'],
      ['alertClosed', 'recovered'],
    ],
  );
});
