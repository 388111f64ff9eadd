import type { ConditionType } from '../condition.ts';
import { hostWords, sinceWords } from '../message.ts';
import { hostReach, reachIs } from './host-reach.ts';

/** The agent does not reach it, but a healthy member of its replica set does: a matter of network, name or login. */
export const hostUnreachable: ConditionType<'hostUnreachable'> = {
  kind: 'hostUnreachable',
  find: ({ seconds }, snapshot) =>
    snapshot.hosts.map((host) => {
      const sinceMs = host.report?.sinceMs ?? host.report?.atMs ?? snapshot.nowMs;
      const problem = host.report?.problem;
      const hint =
        problem?.hint ??
        'Check name, port, firewall and TLS between the two; the doctor on the page of the host walks them.';
      return {
        subject: { kind: 'host', id: host.id, label: host.host },
        truth: reachIs(hostReach(host, snapshot, seconds), 'cutOff'),
        value: null,
        threshold: null,
        words: () => ({
          title: `${hostWords(host.host)} is up but unreachable from the agent`,
          detail: `Its replica set sees it up; the agent does not reach it ${sinceWords(sinceMs, snapshot.nowMs)}${problem === undefined ? '' : ` (${problem.message})`}. ${hint}`,
        }),
      };
    }),
};
