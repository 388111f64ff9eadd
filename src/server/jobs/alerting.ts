import { resendToAlertmanagers } from '../../alerts/delivery/alertmanager-resend.ts';
import { DeliveryQueue } from '../../alerts/delivery/delivery-queue.ts';
import { NotifierBook } from '../../alerts/delivery/notifier-book.ts';
import { WindowBook } from '../../alerts/delivery/window-book.ts';
import { AlertEngine } from '../../alerts/engine.ts';
import { AlertMemory } from '../../alerts/group-memory.ts';
import { allChannels } from '../../alerts/notifiers/all-channels.ts';
import type { Alert, AlertEvent, AlertRule, AlertStore, ServerFacts } from '../../alerts/ports.ts';
import { RuleBook } from '../../alerts/rule-book.ts';
import type { MetricsEngine } from '../../metrics/ports.ts';
import { buildInfo } from '../../runtime/build-info.ts';
import type { Clock } from '../../runtime/clock.ts';
import { toAppError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { periodic } from '../../runtime/periodic.ts';
import type { AlertPreview, NewAlertRule } from '../../wire/api/alerts.ts';
import type { Outbound } from '../../wire/outbound/outbound.ts';
import type { CredentialBox } from '../access/credential-box.ts';
import { alertChart } from '../alert-source/alert-chart.ts';
import { previewRule } from '../alert-source/preview.ts';
import { type BackupFactsOf, createSnapshotSource } from '../alert-source/snapshot.ts';
import type { OpenAlert, OpenAlerts } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Mailer } from '../instance-settings/mailer.ts';
import type { StreamHub } from '../live/stream-hub.ts';
import { newId } from '../new-id.ts';
import type { Stores } from '../ports.ts';
import type { ServerAddress } from '../server-address.ts';

const lookEveryMs = 5_000;
const deliverEveryMs = 1_000;
const resendEveryMs = 60_000;
const hourMs = 3_600_000;
/** Events and closed alerts are kept this long. */
const keepMs = 90 * 24 * hourMs;
/** Dead letters, and who was told what. */
const keepEndedMs = 30 * 24 * hourMs;

interface AlertingParts {
  readonly store: AlertStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly stores: Stores;
  readonly metrics: MetricsEngine;
  readonly fleet: Fleet;
  readonly hub: StreamHub;
  readonly box: CredentialBox;
  readonly address: ServerAddress;
  readonly outbound: Outbound;
  readonly mailer: Mailer;
  readonly backups?: BackupFactsOf;
  /** Of the certificate that the server shows; not given: it speaks no TLS itself. */
  readonly certificate?: () => ServerFacts['certificate'];
}

/** Alerts of the whole server: what the routes use, and the loops that look, tell and forget. */
export interface Alerting {
  readonly store: AlertStore;
  readonly engine: AlertEngine;
  readonly rules: RuleBook;
  readonly notifiers: NotifierBook;
  readonly windows: WindowBook;
  /** Deliveries were added by hand. */
  wakeDeliveries(): void;
  readonly openAlerts: OpenAlerts;
  /** What a rule would have done. @throws INPUT_INVALID */
  preview(groupId: string, rule: NewAlertRule, fromMs: number, toMs: number): Promise<AlertPreview>;
  /** Runs until the signal aborts and the work under way has ended. */
  run(signal: AbortSignal): Promise<void>;
}

/** Joins the alert engine with the server's stores, fleet and pages. */
export function createAlerting(parts: AlertingParts): Alerting {
  const { store, clock, log, stores, metrics, fleet, hub, address } = parts;
  const memory = new AlertMemory(store);
  const link = (groupId: string) => `${address.publicUrl()}/g/${encodeURIComponent(groupId)}/alerts`;
  const onEvents = async (events: readonly AlertEvent[]): Promise<void> => {
    await stores.events.appendEvents(events.map((event) => ({ id: newId('e'), ...event })));
    for (const groupId of new Set(events.map((event) => event.groupId))) hub.publish(groupId, { type: 'events' });
  };
  const { notifiers, deliveries, resend } = openDelivery(parts, memory, link, onEvents);
  const engine = new AlertEngine({
    memory,
    clock,
    link,
    onEvents,
    source: createSnapshotSource({
      clock,
      fleet,
      stores,
      metrics,
      backups: parts.backups,
      server: () => ({ version: buildInfo.version, certificate: parts.certificate?.() ?? null }),
    }),
    onChanged: (groupId) => {
      hub.publish(groupId, { type: 'alerts' });
      hub.publish(groupId, { type: 'topology', atMs: clock.now() });
    },
    onDeliveries: () => deliveries.wake(),
  });
  const loop = loopsOf(log);
  return {
    store,
    engine,
    rules: new RuleBook(memory),
    notifiers,
    windows: new WindowBook(memory, clock),
    wakeDeliveries: () => deliveries.wake(),
    openAlerts: (groupId) => needingHelp(engine.active(groupId), memory.loaded(groupId)?.rules ?? []),
    async preview(groupId, rule, fromMs, toMs) {
      const all = await notifiers.notifiers(groupId);
      const enabled = all.filter(({ settings }) => settings.enabled).map(({ id }) => id);
      return previewRule({ clock, fleet, stores, metrics }, { groupId, rule, fromMs, toMs, notifiers: enabled });
    },
    async run(signal) {
      await Promise.all([
        loop('looking for alerts', lookEveryMs, signal, () => engine.lookAtAll()),
        loop('sending notifications', deliverEveryMs, signal, (aborted) => deliveries.tick(aborted)),
        loop('repeating alerts to Alertmanager', resendEveryMs, signal, resend),
        loop('removing old events and alerts', hourMs, signal, async () => {
          await stores.events.removeEventsBefore(clock.now() - keepMs);
          await store.removeClosedBefore(clock.now() - keepMs);
          await store.removeEndedBefore(clock.now() - keepEndedMs);
        }),
      ]);
      await deliveries.idle();
    },
  };
}

interface Delivery {
  readonly notifiers: NotifierBook;
  readonly deliveries: DeliveryQueue;
  resend(signal: AbortSignal): Promise<void>;
}

/** Everything between an alert and those who are told of it. */
function openDelivery(
  { store, clock, stores, metrics, box, outbound, mailer }: AlertingParts,
  memory: AlertMemory,
  link: (groupId: string) => string,
  onEvents: (events: readonly AlertEvent[]) => Promise<void>,
): Delivery {
  const rules = (groupId: string) => memory.serially(groupId, async (group) => group.rules);
  const channels = allChannels({
    outbound,
    sendMail: (message, signal) => mailer.send(message, signal),
    chart: (groupId, alert) => alertChart({ metrics, clock, rules }, groupId, alert),
  });
  const groupName = async (groupId: string) => (await stores.groups.group(groupId))?.name ?? groupId;
  const onReleased = (): void => deliveries.wake();
  const notifiers = new NotifierBook({ memory, channels, box, clock, link, groupName, onReleased });
  const deliveries: DeliveryQueue = new DeliveryQueue({ store, notifiers, clock, link, onEvents });
  return {
    notifiers,
    deliveries,
    async resend(signal) {
      const groupIds = (await stores.groups.groups()).map(({ id }) => id);
      await resendToAlertmanagers({ memory, notifiers, queue: deliveries, clock, link }, groupIds, signal);
    },
  };
}

type Loop = (
  name: string,
  intervalMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
) => Promise<void>;

/** Work that is done again and again; a failure is told once, and once when it is over. */
function loopsOf(log: Log): Loop {
  return (name, intervalMs, signal, work) => {
    let told: string | undefined;
    const onError = (thrown: unknown): void => {
      const { code, message } = toAppError(thrown);
      if (told === code) return;
      told = code;
      log.error(`${name} failed and will be tried again`, { code, reason: message });
    };
    const worked = async (aborted: AbortSignal): Promise<void> => {
      await work(aborted);
      if (told !== undefined) log.info(`${name} works again`, { after: told });
      told = undefined;
    };
    return periodic(worked, { intervalMs, signal, onError });
  };
}

/** What is wrong with the deployment: that somebody joined the group is told, and nothing that must be mended. */
function needingHelp(alerts: readonly Alert[], rules: readonly AlertRule[]): readonly OpenAlert[] {
  const telling = new Set(rules.filter(({ condition }) => condition.kind === 'peopleChanged').map(({ id }) => id));
  return alerts.filter(({ ruleId }) => !telling.has(ruleId)).flatMap(openAlert);
}

function openAlert({ id, severity, state, subject, title, detail, openedAtMs }: Alert): readonly OpenAlert[] {
  return state === 'closed' ? [] : [{ id, severity, state, subject, title, detail, openedAtMs }];
}
