import type { SettingsTable } from '../../runtime/settings.ts';
import type { ServerContext } from '../context.ts';
import type { AgentKind } from '../ports.ts';
import type { DownloadLinks } from './download-links.ts';
import type { ExecutableSource } from './executable-source.ts';
import type { DownloadStore } from './ports.ts';
import type { ProgramSource } from './program-source.ts';
import type { ArchiveSender } from './send-archive.ts';

export interface DownloadParts {
  readonly store: DownloadStore;
  readonly dataDir: string;
  /** The agents' settings tables: an archive's settings files are made from them. */
  readonly agentSettings: Readonly<Record<AgentKind, SettingsTable>>;
  /** PEM of the CA, where the server made its own (`--tls auto`). */
  readonly serverCa?: string | undefined;
  /** Default: the executable that runs this server. */
  readonly executable?: string;
}

/** What the routes of downloads share. */
export interface Downloads {
  readonly context: ServerContext;
  readonly parts: DownloadParts;
  readonly links: DownloadLinks;
  readonly own: ExecutableSource;
  readonly programs: ProgramSource;
  readonly sender: ArchiveSender;
}
