import type { DownloadKind } from '../../../wire/api/downloads.ts';

interface AgentWords {
  readonly name: string;
  readonly about: string;
  /** What to know before its first start, beside the lines. */
  readonly login: string;
  /** After its first report. */
  readonly next: string;
}

/** What the download page says of each agent. */
export const agentWords: Readonly<Record<DownloadKind, AgentWords>> = {
  monitoring: {
    name: 'monitoring agent',
    about:
      'It watches your MongoDB hosts. The archive already holds the address of this server, this group and a key of its own. Run it on any machine that reaches the hosts; it makes outbound connections only.',
    login: 'Where MongoDB has logins, it needs clusterMonitor: type the login when you add the host.',
    next: 'Next, name one host of your deployment; the agent finds the others.',
  },
  backup: {
    name: 'backup agent',
    about:
      'It backs up replica sets that a monitoring agent watches. The archive already holds the address of this server, this group and a key of its own. Run it on any machine that reaches the members; it makes outbound connections only, and keeps oplog on its disk while this server is away.',
    login:
      'Where MongoDB has logins, it needs backup and clusterMonitor: grant both to the login that the hosts have here and approve the agent, or put mongodbUsername and mongodbPassword into backup-agent.config.',
    next: 'Next, start the backup of a replica set.',
  },
  both: {
    name: 'agents',
    about:
      'One archive with one program that runs as both agents: one watches your MongoDB hosts, the other backs up their replica sets. It already holds the address of this server, this group and a key of its own. Run it on any machine that reaches the hosts; it makes outbound connections only.',
    login:
      'Where MongoDB has logins, they need clusterMonitor, and for backups also backup: type the login when you add the host and approve the backup agent, or put it into the settings files.',
    next: 'Next, name one host of your deployment; then start the backup of its replica set.',
  },
};
