import { z } from 'zod';
import { alert as alertSchema } from '../../wire/api/alerts.ts';
import {
  type AlertNotification,
  type DeadLetter,
  type Notifier,
  type notifierSettings,
  windowTarget,
  windowTimes,
} from '../../wire/api/notifiers.ts';

/** What a store keeps as text is parsed with these when it is read back. */
export { type AlertNotification, type DeadLetter, notifierSettings } from '../../wire/api/notifiers.ts';
export type NotifierSettings = z.infer<typeof notifierSettings>;
export type NotifierKind = Notifier['kind'];

/** A notifier with its secrets, which are encrypted (AES-256-GCM) before they reach the store. */
export interface NotifierRecord {
  readonly id: string;
  readonly settings: NotifierSettings;
  readonly lastAttempt: Notifier['lastAttempt'];
  readonly sealedSecret: Uint8Array;
}

/** Encrypts what must be read back; `bound` (group and notifier id) is authenticated with it. */
export interface SecretBox {
  encrypt(secret: string, bound: string): Uint8Array;
  decrypt(sealed: Uint8Array, bound: string): string;
}

export const maintenanceWindowRecord = z.object({
  id: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  times: windowTimes,
  target: windowTarget,
  createdBy: z.string(),
  createdAtMs: z.number(),
});
export type MaintenanceWindowRecord = Readonly<z.infer<typeof maintenanceWindowRecord>>;

/** What of the deployment an alert is about, for the targets of maintenance windows. */
const alertPlace = z.object({ hosts: z.array(z.string()), sets: z.array(z.string()), tags: z.array(z.string()) });
export type AlertPlace = z.infer<typeof alertPlace>;

/** How far the telling of an open alert has come. Times are of the server's clock. */
export const alertPlan = z.object({
  alertId: z.string(),
  /** The steps count from here; it moves on by every pause. */
  startedAtMs: z.number(),
  /** Acknowledged or in a maintenance window since; null: it is not. */
  pausedAtMs: z.number().nullable(),
  stepsDone: z.number().int(),
  /** Who was told. `grouped`: together with many others, not by a message of its own. */
  told: z.array(z.object({ notifierId: z.string(), grouped: z.boolean() })),
  repeats: z.number().int(),
  nextRepeatAtMs: z.number().nullable(),
  place: alertPlace,
});
export type AlertPlan = Readonly<z.infer<typeof alertPlan>>;

export const noticeKind = z.enum([
  'alert.opened',
  'alert.repeated',
  'alert.acknowledged',
  'alert.closed',
  /** Several at once: a digest, what quiet hours held back, or too many in a minute. */
  'alerts.digest',
  /** Of kinds that wake people one by one: too many to wake for each. */
  'alerts.many',
  'alerts.manyClosed',
  'test',
]);
export type NoticeKind = z.infer<typeof noticeKind>;
const noticeItem = z.object({ kind: noticeKind, atMs: z.number(), alert: alertSchema });
export type NoticeItem = z.infer<typeof noticeItem>;
/** What is told, as it is stored and as a webhook posts it; docs/notifications.md describes it. */
export const notice = z.object({
  id: z.string(),
  kind: noticeKind,
  atMs: z.number(),
  groupId: z.string(),
  /** Page of the group's alerts. */
  link: z.string(),
  alert: alertSchema.nullable(),
  /** Of a digest: the first of them; `more` are not named. */
  items: z.array(noticeItem).optional(),
  more: z.number().int().optional(),
  counts: z.object({ opened: z.number().int(), closed: z.number().int(), other: z.number().int() }).optional(),
});
export type Notice = z.infer<typeof notice>;

/** A notice on its way. At least once: the receiver may see an id twice. */
export interface Delivery {
  readonly id: string;
  readonly groupId: string;
  readonly notifierId: string;
  readonly alertId: string | null;
  readonly kind: NoticeKind;
  readonly createdAtMs: number;
  readonly nextAtMs: number;
  /** Waits beside the queue until then, for a digest, the end of quiet hours or of a crowded minute; 0: it does not. */
  readonly heldUntilMs: number;
  readonly attempts: number;
  /** Of the last try. */
  readonly detail: string;
  /** The notice, so that every try sends the same; empty while it is held to be merged with others. */
  readonly body: string;
}
export interface HeldDelivery extends Delivery {
  readonly sequence: number;
  /** As it is now. */
  readonly alert: z.infer<typeof alertSchema> | null;
}
/** What became of a delivery in the end. */
export interface DeliveryEnd {
  readonly state: 'delivered' | 'givenUp';
  readonly atMs: number;
  readonly detail: string;
  readonly notifierName: string;
  readonly title: string;
}

/** What telling needs of a store. Writes are durable when they resolve. */
export interface DeliveryStore {
  plans(groupId: string): Promise<readonly AlertPlan[]>;
  windows(groupId: string): Promise<readonly MaintenanceWindowRecord[]>;
  saveWindow(groupId: string, window: MaintenanceWindowRecord): Promise<void>;
  removeWindow(groupId: string, windowId: string): Promise<void>;

  notifiers(groupId: string): Promise<readonly NotifierRecord[]>;
  saveNotifier(groupId: string, notifier: NotifierRecord): Promise<void>;
  /** With its waiting deliveries. */
  removeNotifier(groupId: string, notifierId: string): Promise<void>;

  /** The oldest delivery of every notifier that is not held: those behind it wait, so that "closed" never overtakes "opened". */
  headDeliveries(): Promise<readonly Delivery[]>;
  /** The same of one notifier. */
  headDelivery(notifierId: string): Promise<Delivery | undefined>;
  /** Notifiers that have held deliveries, and when the first of each is over. */
  heldUntil(): Promise<readonly { readonly groupId: string; readonly notifierId: string; readonly untilMs: number }[]>;
  /** Held ones that are over, oldest first. */
  heldDeliveries(
    notifierId: string,
    nowMs: number,
    afterSequence: number,
    limit: number,
  ): Promise<readonly HeldDelivery[]>;
  /** In one transaction: the held ones that are over, up to a sequence, give way to these. */
  replaceHeld(notifierId: string, nowMs: number, throughSequence: number, by: readonly Delivery[]): Promise<void>;
  /** All that is held for a notifier is over now: its quiet hours or its digest changed. */
  releaseHeld(notifierId: string, nowMs: number): Promise<void>;
  addDelivery(delivery: Delivery): Promise<void>;
  /** After a try that failed. */
  saveDelivery(delivery: Delivery): Promise<void>;
  removeDelivery(deliveryId: string): Promise<void>;
  /** Out of the queue, into the list of what was told. */
  endDelivery(delivery: Delivery, end: DeliveryEnd): Promise<void>;

  /** What was given up, the newest first. */
  deadLetters(groupId: string): Promise<readonly DeadLetter[]>;
  /** Back into the queue as if it were new. False: there is no such dead letter, or its notifier is gone. */
  retryDeadLetter(groupId: string, id: string, nowMs: number): Promise<boolean>;
  removeDeadLetter(groupId: string, id: string): Promise<boolean>;
  /** Who was told what of an alert: the newest first, 200 at most. */
  notificationsOf(groupId: string, alertId: string): Promise<readonly AlertNotification[]>;
  /** Dead letters, of which 1000 of a group stay, and what was delivered. */
  removeEndedBefore(ms: number): Promise<void>;
}

/** One message for one receiver. */
export interface OutgoingMessage {
  readonly notice: Notice;
  /** The notice as it is stored: what a webhook posts and signs. */
  readonly body: string;
  readonly groupName: string;
  readonly settings: NotifierSettings;
  /** By name, as in the API. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly sentAtMs: number;
}

/** `refused`: the receiver answered that it does not want this message; trying again for a day is of no use. */
export interface SendOutcome {
  readonly result: 'delivered' | 'failed' | 'refused';
  readonly detail: string;
  /** What the receiver answered, if anything. */
  readonly body?: string;
  /** The receiver asked for so much time. */
  readonly retryAfterMs?: number;
}

/** A way to tell people. One file per kind in `notifiers/`; it never throws. */
export interface NotifierChannel {
  readonly kind: NotifierKind;
  send(message: OutgoingMessage, io: { readonly signal: AbortSignal }): Promise<SendOutcome>;
}
