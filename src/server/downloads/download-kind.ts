import type { ServiceName } from '../../runtime/service-files.ts';
import type { DownloadKind } from '../../wire/api/downloads.ts';
import type { AgentKind } from '../ports.ts';

/** The agents that an archive runs, in the order in which its README names them. */
export const agentsOf: Readonly<Record<DownloadKind, readonly AgentKind[]>> = {
  monitoring: ['monitoring'],
  backup: ['backup'],
  both: ['monitoring', 'backup'],
};

const services: Readonly<Record<AgentKind, ServiceName>> = { monitoring: 'monitoring-agent', backup: 'backup-agent' };

export function serviceOf(agent: AgentKind): ServiceName {
  return services[agent];
}

/** The one folder that every archive unpacks to, so that instructions can name it; archives' names begin so too. */
export function archiveFolder(kind: DownloadKind): string {
  return kind === 'both' ? 'leafward-agents' : `leafward-${services[kind]}`;
}
