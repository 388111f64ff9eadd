import type { TopologyAnswer, TopologyMember } from '../../wire/api/deployment.ts';
import type { OpenAlert } from '../context.ts';

type Verdict = TopologyAnswer['verdict'];

interface VerdictInput {
  readonly alerts: readonly OpenAlert[];
  readonly members: readonly TopologyMember[];
  readonly blind: { readonly sinceMs: number | null } | null;
  readonly hasAgents: boolean;
  readonly hosts: number;
  readonly setsWithoutPrimary: readonly string[];
  /** The server's own disk refuses samples. */
  readonly diskIsFull: boolean;
}

/** The sentence on top of the page: what needs a person most, or that all is well. */
export function verdictOf(input: VerdictInput): Verdict {
  const { alerts, members, blind, hasAgents, hosts, setsWithoutPrimary } = input;
  if (input.diskIsFull) {
    return plain(
      'bad',
      'The disk of the server is full',
      'Nothing new is stored: agents keep their samples and send them later. Free disk space or lower the retention.',
    );
  }
  if (!hasAgents) {
    return plain(
      'off',
      'No agent reports yet',
      'Download the monitoring agent under Settings and start it where it can reach MongoDB.',
    );
  }
  if (blind !== null) {
    return plain(
      'unknown',
      'We are blind: no agent reports',
      'What is below is old. Start the agent again, or look at its log: the Agents page says where it ran.',
    );
  }
  if (hosts === 0)
    return plain('off', 'No host is watched yet', 'Add one host name; the other members are found from it.');
  const [urgent] = alerts
    .filter(({ state }) => state === 'open')
    .toSorted((a, b) => Number(b.severity === 'bad') - Number(a.severity === 'bad') || a.openedAtMs - b.openedAtMs);
  if (urgent !== undefined) return ofAlert(urgent);
  const [headless] = setsWithoutPrimary;
  if (headless !== undefined) {
    return plain(
      'bad',
      `${headless} has no primary`,
      'No member accepts writes. See which members are up and reach each other.',
    );
  }
  return ofMembers(members);
}

function ofMembers(members: readonly TopologyMember[]): Verdict {
  const bad = members.find(({ status }) => status.health === 'bad');
  const troubled = bad ?? members.find(({ status }) => status.health === 'warn');
  if (troubled !== undefined) {
    const { host, hostId, status } = troubled;
    const others = members.filter(
      (member) => member !== troubled && (member.status.health === 'bad' || member.status.health === 'warn'),
    );
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return {
      health: status.health,
      title: `${host} is ${status.word}${more}`,
      detail: status.detail ?? 'Open the host to see what changed.',
      hostId,
      alertId: null,
    };
  }
  const waiting = members.filter(({ status }) => status.health === 'unknown').length;
  if (waiting > 0)
    return plain(
      'unknown',
      `${waiting} of ${members.length} processes are not known yet`,
      'The agent polls them next.',
    );
  const count = members.filter(({ status }) => status.health === 'ok').length;
  return plain('ok', 'All is well', `${count} ${count === 1 ? 'process is' : 'processes are'} healthy.`);
}

function ofAlert({ id, title, detail, severity, subject }: OpenAlert): Verdict {
  return { health: severity, title, detail, hostId: subject.kind === 'host' ? subject.id : null, alertId: id };
}

function plain(health: Verdict['health'], title: string, detail: string): Verdict {
  return { health, title, detail, hostId: null, alertId: null };
}
