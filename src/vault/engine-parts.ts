import type { Compactor } from './compactor.ts';
import type { Folder } from './folder.ts';
import type { Holds } from './holds.ts';
import type { VaultStores } from './stores.ts';
import type { Turns } from './turns.ts';
import type { Views } from './views.ts';

/** What the vault tells its operator. */
export interface VaultLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What works in the background of an engine. */
export interface EngineParts {
  readonly stores: VaultStores;
  readonly folder: Folder;
  readonly compactor: Compactor;
  readonly views: Views;
  readonly holds: Holds;
  readonly turns: Turns;
  readonly log: VaultLog;
}
