import type { ExposureRecord } from './finding.ts';

export { exposureFinding } from '../../wire/api/exposure.ts';
export { type ExposureRecord, severityOf } from './finding.ts';

/** What the exposure check keeps. Writes are durable when they resolve. */
export interface ExposureStore {
  /** Groups whose owners have switched the check on. */
  enabledGroups(): Promise<readonly string[]>;
  /** Switching off forgets what was found. */
  setEnabled(groupId: string, enabled: boolean): Promise<void>;
  exposures(groupId: string): Promise<readonly ExposureRecord[]>;
  /** Inserts or replaces. */
  saveExposure(groupId: string, record: ExposureRecord): Promise<void>;
  removeExposure(groupId: string, hostId: string): Promise<void>;
}
