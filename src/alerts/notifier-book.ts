import { randomBytes } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';
import { AppError, toAppError } from '../runtime/errors.ts';
import type { AlertMemory, GroupMemory } from './group-memory.ts';
import { newAlertingId } from './new-id.ts';
import { notificationBody } from './notification.ts';
import type { AlertRule, NotifierChannel, NotifierRecord, SecretBox, SendOutcome } from './ports.ts';

interface NotifierParts {
  readonly memory: AlertMemory;
  readonly channels: readonly NotifierChannel[];
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly link: (groupId: string) => string;
}
type NewNotifier = Pick<NotifierRecord, 'name' | 'kind' | 'url' | 'enabled'>;

/** The notifiers of a group and their secrets. */
export class NotifierBook {
  readonly #parts: NotifierParts;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  notifiers(groupId: string): Promise<readonly NotifierRecord[]> {
    return this.#parts.memory.serially(groupId, async ({ notifiers }) => notifiers);
  }

  /** The secret is given back this once. */
  async add(groupId: string, given: NewNotifier): Promise<{ notifier: NotifierRecord; secret: string }> {
    checkUrl(given.url);
    const id = newAlertingId('n');
    const secret = `whs_${randomBytes(32).toString('base64url')}`;
    const sealedSecret = this.#parts.box.encrypt(secret, bound(groupId, id));
    const notifier: NotifierRecord = { ...given, id, lastAttempt: null, sealedSecret };
    await this.#parts.memory.serially(groupId, (group) => this.#save(groupId, group, notifier));
    return { notifier, secret };
  }

  /** @throws NOT_FOUND */
  change(groupId: string, notifierId: string, given: Partial<NewNotifier>): Promise<NotifierRecord> {
    if (given.url !== undefined) checkUrl(given.url);
    return this.#parts.memory.serially(groupId, (group) =>
      this.#save(groupId, group, { ...found(group, notifierId), ...given }),
    );
  }

  /** With what waits for it; rules that named only this one tell all others then. @throws NOT_FOUND */
  async remove(groupId: string, notifierId: string): Promise<void> {
    const { memory } = this.#parts;
    await memory.serially(groupId, async (group) => {
      found(group, notifierId);
      const named = group.rules.filter((rule) => rule.steps.some((step) => step.notifierIds.includes(notifierId)));
      const rules = named.map((rule) => ({ ...rule, steps: rule.steps.map((step) => without(step, notifierId)) }));
      await memory.store.saveRules(groupId, rules);
      await memory.store.removeNotifier(groupId, notifierId);
      const changed = new Map(rules.map((rule) => [rule.id, rule]));
      group.rules = group.rules.map((rule) => changed.get(rule.id) ?? rule);
      group.notifiers = group.notifiers.filter((notifier) => notifier.id !== notifierId);
    });
  }

  /** Sends a test message now, once; how it went is the notifier's last attempt. @throws NOT_FOUND */
  async test(groupId: string, notifierId: string, signal: AbortSignal): Promise<NotifierRecord> {
    const notifier = await this.#parts.memory.serially(groupId, async (group) => found(group, notifierId));
    const nowMs = this.#parts.clock.now();
    const id = newAlertingId('d');
    const occasion = { groupId, nowMs, link: this.#parts.link(groupId), newId: () => id };
    const outcome = await this.send(groupId, notifier, id, notificationBody('test', id, null, occasion), signal);
    return (await this.noteAttempt(groupId, notifierId, outcome)) ?? notifier;
  }

  /** Sends a body now, whatever the notifier's switch says. */
  async send(
    groupId: string,
    notifier: NotifierRecord,
    id: string,
    body: string,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    const { channels, box, clock } = this.#parts;
    const channel = channels.find((each) => each.kind === notifier.kind);
    if (channel === undefined) return { result: 'refused', detail: `this version has no ${notifier.kind} notifier` };
    try {
      const secret = box.decrypt(notifier.sealedSecret, bound(groupId, notifier.id));
      return await channel.send({ id, url: notifier.url, body, secret, sentAtMs: clock.now() }, { signal });
    } catch (thrown) {
      // The key file is another: the page shows it beside the notifier, and a day is left to put the right one back.
      return { result: 'failed', detail: toAppError(thrown).message };
    }
  }

  /** Undefined when the notifier was removed meanwhile. */
  noteAttempt(groupId: string, notifierId: string, outcome: SendOutcome): Promise<NotifierRecord | undefined> {
    return this.#parts.memory.serially(groupId, async (group) => {
      const notifier = group.notifiers.find((each) => each.id === notifierId);
      if (notifier === undefined) return undefined;
      const lastAttempt = { atMs: this.#parts.clock.now(), ok: outcome.result === 'delivered', detail: outcome.detail };
      return this.#save(groupId, group, { ...notifier, lastAttempt });
    });
  }

  async #save(groupId: string, group: GroupMemory, notifier: NotifierRecord): Promise<NotifierRecord> {
    await this.#parts.memory.store.saveNotifier(groupId, notifier);
    group.notifiers = [...group.notifiers.filter((each) => each.id !== notifier.id), notifier];
    return notifier;
  }
}

const without = (step: AlertRule['steps'][number], notifierId: string) => ({
  ...step,
  notifierIds: step.notifierIds.filter((id) => id !== notifierId),
});
const bound = (groupId: string, notifierId: string) => `${groupId}/notifier/${notifierId}`;

function found({ notifiers }: GroupMemory, notifierId: string): NotifierRecord {
  const notifier = notifiers.find((each) => each.id === notifierId);
  if (notifier === undefined) throw new AppError('NOT_FOUND', 'there is no such notifier');
  return notifier;
}

function checkUrl(text: string): void {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return;
  throw new AppError('INPUT_INVALID', 'a webhook needs an address that begins with https:// or http://', {
    details: { field: 'url' },
  });
}
