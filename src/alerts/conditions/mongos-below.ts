import type { ConditionType } from '../condition.ts';
import { hostWords } from '../message.ts';
import type { GroupSnapshot, HostView } from '../ports.ts';
import { hostReach } from './host-reach.ts';

/** A sharded cluster of which too few mongos answer: its applications have nothing to talk to. */
export const mongosBelow: ConditionType<'mongosBelow'> = {
  kind: 'mongosBelow',
  find: ({ count }, snapshot) =>
    snapshot.clusters.map(({ report }) => {
      const mongos = mongosOf(report.clusterId, snapshot);
      const up = mongos.filter((host) => hostReach(host, snapshot) === 'up').length;
      const unsure = mongos.filter((host) => hostReach(host, snapshot) === 'unknown').length;
      const label = clusterLabel(report.shards.map(({ name }) => name));
      return {
        subject: { kind: 'cluster', id: report.clusterId, label },
        truth: snapshot.blind ? 'unknown' : up >= count ? 'gone' : up + unsure >= count ? 'unknown' : 'holds',
        value: up,
        threshold: count,
        words: () => ({
          title: up === 0 ? `${label} has no mongos that answers` : `${label} has only ${up} mongos that answer`,
          detail: `${
            mongos.length === 0
              ? 'None is watched.'
              : `Watched: ${mongos
                  .map(({ host }) => hostWords(host))
                  .slice(0, 10)
                  .join(', ')}.`
          } Applications reach a cluster through mongos alone: start one, or look why those do not answer.`,
        }),
      };
    }),
};

function mongosOf(clusterId: string, { hosts }: GroupSnapshot): readonly HostView[] {
  return hosts.filter((host) => host.clusterId === clusterId && host.report?.type === 'mongos');
}

function clusterLabel(shards: readonly string[]): string {
  if (shards.length === 0) return 'the cluster';
  return `the cluster of ${shards.slice(0, 3).join(', ')}${shards.length > 3 ? ' …' : ''}`;
}
