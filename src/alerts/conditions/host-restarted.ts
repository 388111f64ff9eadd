import type { ConditionType, Truth } from '../condition.ts';
import { durationWords, hostWords, sinceWords } from '../message.ts';
import type { GroupSnapshot, HostView } from '../ports.ts';

/** A process that was started anew while it was watched, a while ago. */
export const hostRestarted: ConditionType<'hostRestarted'> = {
  kind: 'hostRestarted',
  find: ({ minutes }, snapshot) =>
    snapshot.hosts.map((host) => {
      const startedAtMs = host.report?.startedAtMs;
      const upMs = startedAtMs === undefined ? null : snapshot.nowMs - startedAtMs;
      return {
        subject: { kind: 'host', id: host.id, label: host.host },
        truth: truthOf(host, snapshot, minutes * 60_000),
        value: upMs === null ? null : upMs / 1000,
        threshold: null,
        words: () => ({
          title: `${hostWords(host.host)} was restarted ${durationWords(upMs ?? 0)} ago`,
          detail: `Its process runs ${sinceWords(startedAtMs ?? snapshot.nowMs, snapshot.nowMs)}. If nobody meant that, look at the end of its log before that moment and at the log of the machine (out of memory, a crash).`,
        }),
      };
    }),
};

function truthOf({ report, addedAtMs }: HostView, { blind, nowMs }: GroupSnapshot, newMs: number): Truth {
  if (blind || report?.startedAtMs === undefined || !report.reachable) return 'unknown';
  return report.startedAtMs > addedAtMs && nowMs - report.startedAtMs < newMs ? 'holds' : 'gone';
}
