import { AppError } from '../../runtime/errors.ts';
import type { Download, DownloadKind } from '../../wire/api/downloads.ts';
import { hashSecret, newSecret, newToken } from '../access/secret-token.ts';
import type { ServerContext } from '../context.ts';
import { newId } from '../new-id.ts';
import type { AgentRecord } from '../ports.ts';
import type { DownloadRecord, DownloadStore } from './ports.ts';

type LinkContext = Pick<ServerContext, 'stores' | 'box' | 'clock'>;

const linkMs = 24 * 3_600_000;
/** Expired links stay on the page for so long. */
const rememberedMs = 7 * linkMs;
const linksPerGroup = 200;

/** Links to archives: each mints an agent key of its own, which can be read back only while the link is valid. */
export class DownloadLinks {
  readonly #context: LinkContext;
  readonly #store: DownloadStore;

  constructor(context: LinkContext, store: DownloadStore) {
    this.#context = context;
    this.#store = store;
  }

  /** The token is given out this once. @throws CONFLICT when the group has too many valid links. */
  async mint(
    groupId: string,
    kind: DownloadKind,
    createdBy: string,
  ): Promise<{ record: DownloadRecord; token: string }> {
    const { stores, box, clock } = this.#context;
    const createdAtMs = clock.now();
    const valid = (await this.#store.downloads(groupId)).filter((link) => link.sealedKey !== null);
    if (valid.length >= linksPerGroup) {
      throw new AppError('CONFLICT', `a group has at most ${linksPerGroup} valid download links`, {
        hint: 'Revoke some, or use one of them again.',
      });
    }
    const id = newId('x');
    const { id: keyId, secret, hash } = newSecret('lfw');
    const token = newToken();
    await stores.keys.addAgentKey({
      id: keyId,
      groupId,
      name: `archive made by ${createdBy}`,
      hash,
      scope: kind,
      sealed: true,
      createdAtMs,
      lastUsedAtMs: null,
      revokedAtMs: null,
    });
    const record: DownloadRecord = {
      id,
      groupId,
      kind,
      tokenHash: hashSecret(token),
      keyId,
      sealedKey: box.encrypt(secret, boundTo(groupId, id)),
      createdAtMs,
      expiresAtMs: createdAtMs + linkMs,
      revokedAtMs: null,
      downloads: 0,
    };
    await this.#store.addDownload(record);
    return { record, token };
  }

  /** The link of a token with the agent key that it hands out. @throws NOT_FOUND, LINK_EXPIRED */
  async open(token: string): Promise<{ record: DownloadRecord; apiKey: string }> {
    const record = await this.#store.downloadByToken(hashSecret(token));
    if (record === undefined) {
      throw new AppError('NOT_FOUND', 'there is no such download link', {
        hint: 'Make one under Settings > Download; copy the whole address.',
      });
    }
    const { sealedKey, expiresAtMs, revokedAtMs } = record;
    if (revokedAtMs !== null || sealedKey === null || expiresAtMs <= this.#context.clock.now()) {
      throw new AppError('LINK_EXPIRED', `this download link ${revokedAtMs === null ? 'has expired' : 'was revoked'}`, {
        hint: 'Make a new one under Settings > Download.',
      });
    }
    return { record, apiKey: this.#context.box.decrypt(sealedKey, boundTo(record.groupId, record.id)) };
  }

  count(record: DownloadRecord): Promise<void> {
    return this.#store.countDownload(record.groupId, record.id);
  }

  async list(groupId: string): Promise<Download[]> {
    const agents = await this.#context.stores.agents.agents(groupId);
    return (await this.#store.downloads(groupId)).map((record) => viewOf(record, agents));
  }

  /** A key that no agent has used ends with its link; one in use stays, to be revoked under Agent keys. @throws NOT_FOUND */
  async revoke(groupId: string, id: string): Promise<void> {
    const nowMs = this.#context.clock.now();
    if (!(await this.#store.revokeDownload(groupId, id, nowMs))) {
      throw new AppError('NOT_FOUND', 'there is no such download link in this group');
    }
    const record = (await this.#store.downloads(groupId)).find((link) => link.id === id);
    if (record !== undefined) await this.#revokeUnusedKey(record, nowMs);
  }

  /** Forgets what expired links could hand out. A key that was downloaded stays valid: its agent may start later. */
  async closeExpired(): Promise<void> {
    const nowMs = this.#context.clock.now();
    for (const record of await this.#store.closeExpired(nowMs)) {
      if (record.downloads === 0) await this.#revokeUnusedKey(record, nowMs);
    }
    await this.#store.removeExpiredBefore(nowMs - rememberedMs);
  }

  async #revokeUnusedKey({ groupId, keyId }: DownloadRecord, nowMs: number): Promise<void> {
    const { keys } = this.#context.stores;
    const key = await keys.agentKey(keyId);
    if (key?.sealed === true) await keys.revokeAgentKey(groupId, keyId, nowMs);
  }
}

export function viewOf(record: DownloadRecord, agents: readonly AgentRecord[]): Download {
  const { id, kind, createdAtMs, expiresAtMs, revokedAtMs, downloads } = record;
  const reported = agents
    .filter(({ keyId }) => keyId === record.keyId)
    .sort((a, b) => a.firstSeenAtMs - b.firstSeenAtMs)
    .map((agent) => ({ id: agent.id, kind: agent.kind, hostname: agent.hostname, atMs: agent.firstSeenAtMs }));
  const [first = null] = reported;
  return { id, kind, createdAtMs, expiresAtMs, revokedAtMs, downloads, agent: first, agents: reported };
}

function boundTo(groupId: string, id: string): string {
  return `download ${groupId}/${id}`;
}
