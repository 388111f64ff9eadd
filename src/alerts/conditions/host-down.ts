import type { ConditionType, Finding } from '../condition.ts';
import { durationWords, hostWords, sinceWords } from '../message.ts';
import type { GroupSnapshot, HostView } from '../ports.ts';
import { hostReach, reachIs } from './host-reach.ts';

/** Three missed polls and so many seconds, and no healthy member of its replica set sees it up. */
export const hostDown: ConditionType<'hostDown'> = {
  kind: 'hostDown',
  find: ({ seconds }, snapshot) => snapshot.hosts.map((host) => finding(host, snapshot, seconds)),
};

function finding(host: HostView, snapshot: GroupSnapshot, seconds: number | undefined): Finding {
  const label = hostWords(host.host);
  const sinceMs = host.report?.sinceMs ?? host.report?.atMs ?? snapshot.nowMs;
  const downMs = snapshot.nowMs - sinceMs;
  const { problem } = host.report ?? {};
  return {
    subject: { kind: 'host', id: host.id, label: host.host },
    truth: reachIs(hostReach(host, snapshot, seconds), 'down'),
    value: downMs / 1000,
    threshold: null,
    words: () => ({
      title: `${label} is down, no answer for ${durationWords(downMs)}`,
      detail: [
        `It has not answered ${sinceWords(sinceMs, snapshot.nowMs)}, and no healthy member of a replica set sees it up.`,
        problem === undefined ? '' : `Last problem: ${problem.message}.`,
        'Check that the machine is up and mongod runs, then its log.',
      ]
        .filter((part) => part !== '')
        .join(' '),
    }),
  };
}
