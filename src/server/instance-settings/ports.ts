/** What is stored of one section: `value` as JSON, secrets sealed. */
export interface StoredSection {
  readonly value: string;
  readonly sealedSecrets: Uint8Array;
}

/** Writes are durable when they resolve. */
export interface InstanceSettingsStore {
  section(name: string): Promise<StoredSection | undefined>;
  saveSection(name: string, section: StoredSection): Promise<void>;
}
