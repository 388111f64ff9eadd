import type { Clock } from '../../runtime/clock.ts';
import { AppError, toAppError } from '../../runtime/errors.ts';
import type { ChangeNotifier, NewNotifier } from '../../wire/api/notifiers.ts';
import type { AlertMemory, GroupMemory } from '../group-memory.ts';
import { newAlertingId } from '../new-id.ts';
import type { AlertRule } from '../ports.ts';
import { deliveryOf } from './notice.ts';
import { changedNotifier, openedNotifier, openedSecrets, sealedText } from './notifier-secrets.ts';
import { type NotifierChannel, type NotifierRecord, notice, type SecretBox, type SendOutcome } from './ports.ts';

interface NotifierParts {
  readonly memory: AlertMemory;
  readonly channels: readonly NotifierChannel[];
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly link: (groupId: string) => string;
  readonly groupName: (groupId: string) => Promise<string>;
  /** What was held waits no longer. */
  readonly onReleased: () => void;
}

/** Of a group; each costs a lane and rows of deliveries. */
const notifiersAtMost = 100;
/** How a try went is written down again when it is other news, or so much later. */
const noteEveryMs = 10_000;

/** The notifiers of a group and their secrets. */
export class NotifierBook {
  readonly #parts: NotifierParts;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  notifiers(groupId: string): Promise<readonly NotifierRecord[]> {
    return this.#parts.memory.serially(groupId, async ({ notifiers }) => notifiers);
  }

  /** The key that signs a webhook's bodies is given back this once; null for other kinds. @throws CONFLICT for too many */
  async add(groupId: string, given: NewNotifier): Promise<{ notifier: NotifierRecord; secret: string | null }> {
    const id = newAlertingId('n');
    const { settings, secrets } = openedNotifier(given);
    const sealedSecret = this.#parts.box.encrypt(sealedText(settings.kind, secrets), bound(groupId, id));
    const notifier: NotifierRecord = { id, settings, lastAttempt: null, sealedSecret };
    await this.#parts.memory.serially(groupId, async (group) => {
      if (group.notifiers.length >= notifiersAtMost) {
        throw new AppError('CONFLICT', `a group has ${notifiersAtMost} notifiers at most`);
      }
      await this.#save(groupId, group, notifier);
    });
    return { notifier, secret: settings.kind === 'webhook' ? (secrets['secret'] ?? null) : null };
  }

  /** What waited for quiet hours or a digest goes out at once when these change. @throws NOT_FOUND, INPUT_INVALID */
  change(groupId: string, notifierId: string, given: ChangeNotifier): Promise<NotifierRecord> {
    const { memory, box, clock } = this.#parts;
    return memory.serially(groupId, async (group) => {
      const before = found(group, notifierId);
      const { kind } = before.settings;
      const secrets = openedSecrets(kind, box.decrypt(before.sealedSecret, bound(groupId, notifierId)));
      const after = changedNotifier({ settings: before.settings, secrets }, given);
      const sealedSecret = box.encrypt(sealedText(kind, after.secrets), bound(groupId, notifierId));
      const saved = await this.#save(groupId, group, { ...before, settings: after.settings, sealedSecret });
      if ('quietHours' in given || 'digestMinutes' in given) {
        await memory.store.releaseHeld(notifierId, clock.now());
        this.#parts.onReleased();
      }
      return saved;
    });
  }

  /** With what waits for it; a step that named only this one is gone, and if it was the first, tells all. @throws NOT_FOUND */
  async remove(groupId: string, notifierId: string): Promise<NotifierRecord> {
    const { memory } = this.#parts;
    return memory.serially(groupId, async (group) => {
      const removed = found(group, notifierId);
      const named = group.rules.filter((rule) => rule.steps.some((step) => step.notifierIds.includes(notifierId)));
      const rules = named.map((rule) => ({ ...rule, steps: stepsWithout(rule.steps, notifierId) }));
      await memory.store.saveRules(groupId, rules);
      await memory.store.removeNotifier(groupId, notifierId);
      const changed = new Map(rules.map((rule) => [rule.id, rule]));
      group.rules = group.rules.map((rule) => changed.get(rule.id) ?? rule);
      group.notifiers = group.notifiers.filter((notifier) => notifier.id !== notifierId);
      return removed;
    });
  }

  /** Sends a test message now, once; how it went is the notifier's last attempt. @throws NOT_FOUND */
  async test(
    groupId: string,
    notifierId: string,
    signal: AbortSignal,
  ): Promise<{ notifier: NotifierRecord; outcome: SendOutcome }> {
    const notifier = await this.#parts.memory.serially(groupId, async (group) => found(group, notifierId));
    const { clock, link } = this.#parts;
    const occasion = { groupId, nowMs: clock.now(), link: link(groupId), newId: () => newAlertingId('d') };
    const { body } = deliveryOf('test', notifierId, { alert: null }, occasion);
    const outcome = await this.send(groupId, notifier, body, signal);
    return { notifier: (await this.noteAttempt(groupId, notifierId, outcome)) ?? notifier, outcome };
  }

  /** Sends a notice now, whatever the notifier's switch says; never throws for what a receiver does. */
  async send(groupId: string, notifier: NotifierRecord, body: string, signal: AbortSignal): Promise<SendOutcome> {
    const { channels, box, clock, groupName } = this.#parts;
    const { settings } = notifier;
    const channel = channels.find((each) => each.kind === settings.kind);
    if (channel === undefined) return { result: 'refused', detail: `this version has no ${settings.kind} notifier` };
    try {
      const secrets = openedSecrets(settings.kind, box.decrypt(notifier.sealedSecret, bound(groupId, notifier.id)));
      const message = {
        notice: notice.parse(JSON.parse(body)),
        body,
        groupName: await groupName(groupId),
        settings,
        secrets,
        sentAtMs: clock.now(),
      };
      return await channel.send(message, { signal });
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
      const atMs = this.#parts.clock.now();
      const lastAttempt = { atMs, ok: outcome.result === 'delivered', detail: outcome.detail };
      const before = notifier.lastAttempt;
      const isNews = before?.ok !== lastAttempt.ok || before.detail !== lastAttempt.detail;
      if (!isNews && atMs - (before?.atMs ?? 0) < noteEveryMs) return notifier;
      return this.#save(groupId, group, { ...notifier, lastAttempt });
    });
  }

  async #save(groupId: string, group: GroupMemory, notifier: NotifierRecord): Promise<NotifierRecord> {
    await this.#parts.memory.store.saveNotifier(groupId, notifier);
    const isKnown = group.notifiers.some(({ id }) => id === notifier.id);
    group.notifiers = isKnown
      ? group.notifiers.map((each) => (each.id === notifier.id ? notifier : each))
      : [...group.notifiers, notifier];
    return notifier;
  }
}

const bound = (groupId: string, notifierId: string) => `${groupId}/notifier/${notifierId}`;

/** A list of nobody means everybody, which is not what a later step wants to become. */
function stepsWithout(steps: AlertRule['steps'], notifierId: string): AlertRule['steps'] {
  return steps.flatMap((step, index) => {
    const notifierIds = step.notifierIds.filter((id) => id !== notifierId);
    return step.notifierIds.length > 0 && notifierIds.length === 0 && index > 0 ? [] : [{ ...step, notifierIds }];
  });
}

function found({ notifiers }: GroupMemory, notifierId: string): NotifierRecord {
  const notifier = notifiers.find((each) => each.id === notifierId);
  if (notifier === undefined) throw new AppError('NOT_FOUND', 'there is no such notifier');
  return notifier;
}
