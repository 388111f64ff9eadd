import { agentSilentMs, type ConditionType } from '../condition.ts';
import { durationWords, sinceWords } from '../message.ts';

/**
 * A monitoring agent that was heard of and is silent. When all are, nothing is watched: one alert says so, about the agent that was
 * heard of last.
 */
export const agentDown: ConditionType<'agentDown'> = {
  kind: 'agentDown',
  find: (_condition, snapshot) => {
    const { blind } = snapshot;
    const last = snapshot.agents.reduce((latest, { lastSeenAtMs }) => Math.max(latest, lastSeenAtMs), 0);
    const speaker = snapshot.agents.find(({ lastSeenAtMs }) => lastSeenAtMs === last);
    return snapshot.agents.map((agent) => {
      const silentMs = snapshot.nowMs - agent.lastSeenAtMs;
      // A server that has just started gives agents the time to come back before it calls them down.
      const heardMs = snapshot.nowMs - Math.max(agent.lastSeenAtMs, snapshot.serverStartedAtMs);
      const consequence = blind
        ? 'No agent reports: nothing is watched, and the state of all hosts is unknown.'
        : 'Another agent of the group is at work, so all hosts are still watched.';
      return {
        subject: { kind: 'agent', id: agent.id, label: agent.hostname },
        truth:
          silentMs < agentSilentMs
            ? 'gone'
            : heardMs < agentSilentMs || (blind && agent !== speaker)
              ? 'unknown'
              : 'holds',
        value: silentMs / 1000,
        threshold: agentSilentMs / 1000,
        words: () => ({
          title: `The agent on ${agent.hostname} has not reported for ${durationWords(silentMs)}`,
          detail: `Silent ${sinceWords(agent.lastSeenAtMs, snapshot.nowMs)}. ${consequence} Check that it runs and reaches this server; if it is gone for good, remove it on the Agents page.`,
        }),
      };
    });
  },
};
