import type { ConditionType } from '../condition.ts';
import { durationWords } from '../message.ts';

/** An agent that runs an older version than this server. */
export const agentVersionBehind: ConditionType<'agentVersionBehind'> = {
  kind: 'agentVersionBehind',
  find: (_condition, { agents, backups, server, nowMs }) =>
    [
      ...agents.map((agent) => ['monitoring', agent] as const),
      ...backups.agents.map((agent) => ['backup', agent] as const),
    ].map(([kind, { id, hostname, version, lastSeenAtMs }]) => {
      const order = compareVersions(version, server.version);
      return {
        subject: { kind: 'agent', id, label: hostname },
        truth: order === undefined ? 'unknown' : order < 0 ? 'holds' : 'gone',
        value: null,
        threshold: null,
        words: () => ({
          title: `The ${kind} agent on ${hostname} runs ${version}, this server ${server.version}`,
          detail: `It goes on working, without what is new. Upgrade the package there, or download the agent again (Settings > Download). It reported ${durationWords(nowMs - lastSeenAtMs)} ago.`,
        }),
      };
    }),
};

/** Below 0: `a` is older. A version before its release ("1.2.0-rc.1") is older than it. Undefined: one of them is no version. */
export function compareVersions(a: string, b: string): number | undefined {
  const [left, right] = [a, b].map((text) => /^v?(\d+)\.(\d+)\.(\d+)(-[\w.]+)?/.exec(text));
  if (left == null || right == null) return undefined;
  for (const part of [1, 2, 3]) {
    const difference = Number(left[part]) - Number(right[part]);
    if (difference !== 0) return difference;
  }
  if (left[4] === right[4]) return 0;
  if (left[4] === undefined || right[4] === undefined) return left[4] === undefined ? 1 : -1;
  return left[4].localeCompare(right[4], 'en', { numeric: true });
}
