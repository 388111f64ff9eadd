import { timestampMs } from '../../model/optime.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RestoreLink } from '../../wire/api/backup-reading.ts';
import { hashSecret, newToken } from '../access/secret-token.ts';
import { newId } from '../new-id.ts';
import { optimeMessageOf } from './optime-text.ts';
import type { LinkStore, StoredLink } from './ports.ts';

/** A transfer must begin within this time. */
export const startMs = 3_600_000;
const attemptsAtMost = 3;
const linksPerGroup = 100;
/** What is over stays in the list for so long. */
const rememberedMs = 24 * 3_600_000;

export interface LinkRecord extends StoredLink {
  attempts: number;
  sentBytes: number;
  end: StoredLink['end'];
  /** Ends the transfer that runs. */
  running: AbortController | null;
}

type NewLink = Pick<
  LinkRecord,
  'id' | 'groupId' | 'replicaSetId' | 'setName' | 'format' | 'namespaces' | 'selection' | 'optime' | 'contentBytes'
> & { readonly expiresAtMs: number };

/** Restore links of all groups. They outlive the server, a transfer does not: it counts as an attempt. */
export class RestoreLinks {
  readonly #clock: Clock;
  readonly #store: LinkStore;
  readonly #onOver: (link: LinkRecord) => Promise<void>;
  readonly #links: Map<string, LinkRecord>;

  /** `known`: what the store holds. `onOver`: the link was used up, has failed, or was revoked. */
  constructor(
    clock: Clock,
    parts: {
      readonly store: LinkStore;
      readonly known: readonly StoredLink[];
      readonly onOver: (link: LinkRecord) => Promise<void>;
    },
  ) {
    this.#clock = clock;
    this.#store = parts.store;
    this.#onOver = parts.onOver;
    this.#links = new Map(parts.known.map((link) => [link.id, reopened(link)]));
  }

  /** The token is told this once. @throws CONFLICT */
  async add(parts: NewLink): Promise<{ readonly link: LinkRecord; readonly token: string }> {
    const valid = [...this.#links.values()].filter((link) => link.groupId === parts.groupId && !this.#isOver(link));
    if (valid.length >= linksPerGroup) {
      throw new AppError('CONFLICT', `a group has at most ${linksPerGroup} valid restore links`, {
        hint: 'Revoke some first.',
      });
    }
    const token = newToken();
    const fresh = { attempts: 0, sentBytes: 0, end: null, running: null };
    const link: LinkRecord = {
      ...parts,
      tokenHash: textHash(token),
      createdAtMs: parts.expiresAtMs - startMs,
      ...fresh,
    };
    await this.#save(link);
    this.#links.set(link.id, link);
    return { link, token };
  }

  newId(): string {
    return newId('x');
  }

  list(groupId: string, replicaSetId: string): LinkRecord[] {
    const own = [...this.#links.values()].filter((link) => link.groupId === groupId);
    return own.filter((link) => link.replicaSetId === replicaSetId).toReversed();
  }

  /** @throws NOT_FOUND also for another group's. */
  get(groupId: string, replicaSetId: string, id: string): LinkRecord {
    const link = this.#links.get(id);
    if (link?.groupId === groupId && link.replicaSetId === replicaSetId) return link;
    throw new AppError('NOT_FOUND', `there is no restore link ${id} for this replica set`);
  }

  /** Ends a transfer that runs, too. */
  async revoke(link: LinkRecord): Promise<void> {
    if (link.end !== null) return;
    link.end = 'revoked';
    link.running?.abort(new Error('the link was revoked'));
    await this.#save(link);
    if (link.running === null) await this.#onOver(link);
  }

  /** One transfer begins: the attempt is written down first. @throws NOT_FOUND, LINK_EXPIRED, CONFLICT while another one runs */
  async begin(token: string): Promise<{ readonly link: LinkRecord; readonly signal: AbortSignal }> {
    const hash = textHash(token);
    const link = [...this.#links.values()].find(({ tokenHash }) => tokenHash === hash);
    if (link === undefined) {
      throw new AppError('NOT_FOUND', 'there is no such restore link', {
        hint: 'Copy the whole line, or make a new link.',
      });
    }
    const state = this.stateOf(link);
    if (state === 'running') {
      throw new AppError('CONFLICT', 'a transfer with this link is running', {
        hint: 'Wait for its end, or make another link.',
        retryable: true,
      });
    }
    if (state !== 'waiting') {
      const words = { used: 'was used', expired: 'has expired', revoked: 'was revoked', failed: 'failed three times' };
      throw new AppError('LINK_EXPIRED', `this restore link ${words[state]}`);
    }
    const running = new AbortController();
    link.attempts++;
    link.sentBytes = 0;
    link.running = running;
    try {
      await this.#save(link);
    } catch (thrown) {
      link.attempts--;
      link.running = null;
      throw thrown;
    }
    return { link, signal: running.signal };
  }

  /** The transfer ended: whole, or not. */
  async finish(link: LinkRecord, isWhole: boolean): Promise<void> {
    link.running = null;
    if (isWhole) link.end = 'used';
    else if (link.end === null && link.attempts >= attemptsAtMost) link.end = 'failed';
    await this.#save(link);
    if (this.#isOver(link)) await this.#onOver(link);
  }

  stateOf(link: LinkRecord): RestoreLink['state'] {
    if (link.end !== null) return link.end;
    if (link.running !== null) return 'running';
    return link.expiresAtMs <= this.#clock.now() ? 'expired' : 'waiting';
  }

  /** Forgets what is long over. */
  async clean(): Promise<void> {
    for (const [id, link] of this.#links) {
      if (!this.#isOver(link) || this.#clock.now() - link.createdAtMs <= rememberedMs) continue;
      this.#links.delete(id);
      await this.#store.remove(link.groupId, id);
    }
  }

  viewOf(link: LinkRecord): RestoreLink {
    const { id, replicaSetId, format, namespaces, createdAtMs, expiresAtMs, attempts, sentBytes } = link;
    const optime = optimeMessageOf(link.optime);
    const state = this.stateOf(link);
    const { contentBytes, selection } = link;
    return {
      ...{ id, replicaSetId, optime, format, namespaces: [...namespaces], createdAtMs, expiresAtMs, state },
      ...{
        attempts,
        sentBytes,
        contentBytes,
        selection: selection === null ? null : { namespace: selection.namespace },
      },
    };
  }

  #save({ running: _, ...link }: LinkRecord): Promise<void> {
    return this.#store.save(link);
  }

  #isOver(link: LinkRecord): boolean {
    const state = this.stateOf(link);
    return state !== 'waiting' && state !== 'running';
  }
}

/** A transfer that the end of the server cut off was an attempt. */
function reopened(link: StoredLink): LinkRecord {
  const end = link.end === null && link.attempts >= attemptsAtMost ? 'failed' : link.end;
  return { ...link, end, running: null };
}

/** The second that the link stands for. */
export function linkAtMs({ optime }: StoredLink): number {
  return timestampMs(optime.ts);
}

function textHash(token: string): string {
  return Buffer.from(hashSecret(token)).toString('hex');
}
