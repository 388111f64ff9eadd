import type { DownloadKind } from '../../wire/api/downloads.ts';

/** A link to a preconfigured archive, as it is stored. Times are ms since 1970 UTC. */
export interface DownloadRecord {
  readonly id: string;
  readonly groupId: string;
  readonly kind: DownloadKind;
  /** SHA-256 of the token in the link's path. */
  readonly tokenHash: Uint8Array;
  /** The agent key that the archive holds. */
  readonly keyId: string;
  /** That key, encrypted; null once the link has expired or is revoked. */
  readonly sealedKey: Uint8Array | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | null;
  readonly downloads: number;
}

/** What downloads need of a store. Writes are durable when they resolve. */
export interface DownloadStore {
  addDownload(download: DownloadRecord): Promise<void>;
  downloadByToken(tokenHash: Uint8Array): Promise<DownloadRecord | undefined>;
  /** Newest first. */
  downloads(groupId: string): Promise<readonly DownloadRecord[]>;
  countDownload(groupId: string, id: string): Promise<void>;
  /** Forgets the sealed key too. False when the group has no such link. */
  revokeDownload(groupId: string, id: string, atMs: number): Promise<boolean>;
  /** Forgets the sealed keys of links that expired before; gives back those links. */
  closeExpired(nowMs: number): Promise<readonly DownloadRecord[]>;
  removeExpiredBefore(ms: number): Promise<void>;
}
