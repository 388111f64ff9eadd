import { agentSilentMs, type ConditionType } from '../condition.ts';
import { durationWords, sinceWords } from '../message.ts';

/** A backup agent that was heard of and is silent. */
export const backupAgentDown: ConditionType<'backupAgentDown'> = {
  kind: 'backupAgentDown',
  find: (_condition, { backups, nowMs, serverStartedAtMs }) =>
    backups.agents.map((agent) => {
      const silentMs = nowMs - agent.lastSeenAtMs;
      // A server that has just started gives agents the time to come back before it calls them down.
      const heardMs = nowMs - Math.max(agent.lastSeenAtMs, serverStartedAtMs);
      const alone = backups.sets.filter(({ hasAgent }) => !hasAgent).map(({ name }) => name);
      const consequence =
        alone.length === 0
          ? 'Another agent has taken over its replica sets.'
          : `Nothing new is captured of ${alone.slice(0, 10).join(', ')}.`;
      return {
        subject: { kind: 'agent', id: agent.id, label: agent.hostname },
        truth: silentMs < agentSilentMs ? 'gone' : heardMs < agentSilentMs ? 'unknown' : 'holds',
        value: silentMs / 1000,
        threshold: agentSilentMs / 1000,
        words: () => ({
          title: `The backup agent on ${agent.hostname} has not reported for ${durationWords(silentMs)}`,
          detail: `Silent ${sinceWords(agent.lastSeenAtMs, nowMs)}. ${consequence} Check that it runs and reaches this server; if it is gone for good, remove it on the Agents page.`,
        }),
      };
    }),
};
