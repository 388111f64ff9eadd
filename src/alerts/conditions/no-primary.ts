import type { ConditionType } from '../condition.ts';
import { isFreshView } from './set-view.ts';

const primaryState = 1;

/** A replica set in which no healthy member is primary, as a member that answers sees it. */
export const noPrimary: ConditionType<'noPrimary'> = {
  kind: 'noPrimary',
  find: (_condition, snapshot) =>
    snapshot.sets.map((set) => {
      const { report } = set;
      const hasPrimary = report.members.some((member) => member.state === primaryState && member.health === 1);
      const voters = report.members.filter((member) => member.votes > 0);
      const alive = voters.filter((member) => member.health === 1).length;
      const majority = Math.floor(voters.length / 2) + 1;
      const cause =
        alive < majority
          ? `Only ${alive} of ${voters.length} voting members are up, ${majority} are needed to elect one: bring a member back.`
          : `${alive} of ${voters.length} voting members are up, so they should elect one: look for "election" in their logs.`;
      return {
        subject: { kind: 'set', id: report.replicaSetId, label: report.name },
        truth: !isFreshView(set, snapshot) ? 'unknown' : hasPrimary ? 'gone' : 'holds',
        value: alive,
        threshold: majority,
        words: () => ({
          title: `${report.name} has no primary: nobody can write`,
          detail: `${cause} Seen by ${report.reportedBy}.`,
        }),
      };
    }),
};
