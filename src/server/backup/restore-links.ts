import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RestoreLink, Selection } from '../../wire/api/backups.ts';
import { hashSecret, newToken } from '../access/secret-token.ts';
import { newId } from '../new-id.ts';
import { optimeMessageOf } from './optime-text.ts';
import type { OpenView } from './view-book.ts';

/** A transfer must begin within this time. */
const startMs = 3_600_000;
const attemptsAtMost = 3;
const linksPerGroup = 100;
/** What is over stays in the list for so long. */
const rememberedMs = 24 * 3_600_000;

export interface LinkRecord {
  readonly id: string;
  readonly groupId: string;
  readonly replicaSetId: string;
  readonly setName: string;
  readonly tokenHash: string;
  readonly format: 'archive' | 'tar';
  readonly namespaces: readonly string[];
  readonly selection: Selection | null;
  /** Open until the link is over, so that what it promised is kept. */
  readonly view: OpenView;
  readonly contentBytes: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  attempts: number;
  sentBytes: number;
  end: 'used' | 'revoked' | 'failed' | null;
  /** Ends the transfer that runs. */
  running: AbortController | null;
}

type NewLink = Pick<
  LinkRecord,
  'groupId' | 'replicaSetId' | 'setName' | 'format' | 'namespaces' | 'selection' | 'view' | 'contentBytes'
>;

/** Restore links of all groups, in memory: a server that starts anew has none, as it has no transfer under way. */
export class RestoreLinks {
  readonly #clock: Clock;
  readonly #onOver: (link: LinkRecord) => Promise<void>;
  readonly #links = new Map<string, LinkRecord>();

  /** `onOver`: the link will never be used again. */
  constructor(clock: Clock, onOver: (link: LinkRecord) => Promise<void>) {
    this.#clock = clock;
    this.#onOver = onOver;
  }

  /** The token is told this once. @throws CONFLICT */
  add(parts: NewLink): { readonly link: LinkRecord; readonly token: string } {
    const valid = [...this.#links.values()].filter((link) => link.groupId === parts.groupId && !this.#isOver(link));
    if (valid.length >= linksPerGroup) {
      throw new AppError('CONFLICT', `a group has at most ${linksPerGroup} valid restore links`, {
        hint: 'Revoke some first.',
      });
    }
    const token = newToken();
    const createdAtMs = this.#clock.now();
    const link: LinkRecord = {
      ...parts,
      id: newId('x'),
      tokenHash: textHash(token),
      createdAtMs,
      expiresAtMs: createdAtMs + startMs,
      attempts: 0,
      sentBytes: 0,
      end: null,
      running: null,
    };
    this.#links.set(link.id, link);
    return { link, token };
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
    if (link.running === null) await this.#onOver(link);
  }

  /** One transfer begins. @throws NOT_FOUND, LINK_EXPIRED, CONFLICT while another one runs */
  begin(token: string): { readonly link: LinkRecord; readonly signal: AbortSignal } {
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
    link.attempts++;
    link.sentBytes = 0;
    link.running = new AbortController();
    return { link, signal: link.running.signal };
  }

  /** The transfer ended: whole, or not. */
  async finish(link: LinkRecord, isWhole: boolean): Promise<void> {
    link.running = null;
    if (isWhole) link.end = 'used';
    else if (link.end === null && link.attempts >= attemptsAtMost) link.end = 'failed';
    if (this.#isOver(link)) await this.#onOver(link);
  }

  stateOf(link: LinkRecord): RestoreLink['state'] {
    if (link.end !== null) return link.end;
    if (link.running !== null) return 'running';
    return link.expiresAtMs <= this.#clock.now() ? 'expired' : 'waiting';
  }

  /** Lets go what expired and forgets what is long over. */
  async clean(): Promise<void> {
    for (const [id, link] of this.#links) {
      if (!this.#isOver(link)) continue;
      await this.#onOver(link);
      if (this.#clock.now() - link.createdAtMs > rememberedMs) this.#links.delete(id);
    }
  }

  viewOf(link: LinkRecord): RestoreLink {
    const { id, replicaSetId, view, format, namespaces, createdAtMs, expiresAtMs, attempts, sentBytes } = link;
    const optime = optimeMessageOf(view.view.optime);
    const state = this.stateOf(link);
    const { contentBytes, selection } = link;
    return {
      ...{ id, replicaSetId, optime, format, namespaces: [...namespaces], createdAtMs, expiresAtMs, state },
      ...{ attempts, sentBytes, contentBytes, selection },
    };
  }

  #isOver(link: LinkRecord): boolean {
    const state = this.stateOf(link);
    return state !== 'waiting' && state !== 'running';
  }
}

function textHash(token: string): string {
  return Buffer.from(hashSecret(token)).toString('hex');
}
