import { z } from 'zod';
import {
  type Alert,
  acknowledgeManyRequest,
  acknowledgeRequest,
  alert,
  alertPreviewAnswer,
  alertPreviewRequest,
  alertRule,
  alertsAnswer,
  alertTarget,
  alertTargetAnswer,
  alertTemplate,
  changeAlertRule,
  newAlertRule,
} from '../../src/wire/api/alerts.ts';
import { metricsAnswer, seriesAnswer } from '../../src/wire/api/metrics.ts';
import {
  alertNotification,
  changeMaintenanceWindow,
  changeNotifier,
  deadLetter,
  maintenanceWindow,
  newMaintenanceWindow,
  newNotifier,
  newNotifierAnswer,
  notifier,
  testNotifierAnswer,
} from '../../src/wire/api/notifiers.ts';
import * as data from './alert-fixture-data.ts';

type Answer = readonly [status: number, body: unknown];

/** The API of alerts with made data; requests are parsed as the server does, and what is changed is seen by the next read. */
export class AlertAnswers {
  alerts = data.alerts();
  rules = data.rules;
  templates = data.templates;
  notifiers = data.notifiers;
  letters = data.deadLetters(3);
  windows = data.windows();
  told = data.told();
  preview = data.preview();
  testReport = { ok: true, detail: 'HTTP 200', body: null as string | null };

  /** `path` is what follows `/groups/g1`. Undefined: not ours. */
  read(path: string, url: URL): Answer | undefined {
    const answers: Readonly<Record<string, () => unknown>> = {
      '/catalog': () => metricsAnswer.parse(data.catalog),
      '/alerts': () => alertsAnswer.parse(this.#listed(url)),
      '/alert-rules': () => z.array(alertRule).parse(this.rules),
      '/alert-templates': () => z.array(alertTemplate).parse(this.templates),
      '/notifiers': () => z.array(notifier).parse(this.notifiers),
      '/dead-letters': () => z.array(deadLetter).parse(this.letters),
      '/maintenance-windows': () => z.array(maintenanceWindow).parse(this.windows),
    };
    const answer = answers[path];
    if (answer !== undefined) return [200, answer()];
    if (/^\/hosts\/\w+\/series$/.test(path)) {
      const [metric = '', from, to] = ['metric', 'from', 'to'].map((name) => url.searchParams.get(name) ?? '');
      if (metric !== 'replication.lag') return undefined;
      return [200, seriesAnswer.parse({ series: [data.series(metric, Number(from), Number(to))] })];
    }
    if (/^\/alerts\/\w+\/notifications$/.test(path)) return [200, z.array(alertNotification).parse(this.told)];
    const one = this.alerts.find(({ id }) => path === `/alerts/${id}`);
    return one === undefined ? undefined : [200, alert.parse(one)];
  }

  change(method: string, path: string, body: unknown): Answer | undefined {
    if (path === '/alert-rules/preview') {
      alertPreviewRequest.parse(body);
      return [200, alertPreviewAnswer.parse(this.preview)];
    }
    if (path === '/alert-rules/target') return [200, this.#fits(body)];
    if (path === '/alerts/acknowledge') {
      const { ids, ...how } = acknowledgeManyRequest.parse(body);
      return [200, alertsAnswer.parse(ids.map((id) => this.#acknowledge(id, how)))];
    }
    const [, kind = '', id = '', verb = ''] = /^\/([\w-]+)(?:\/([\w-]+))?(?:\/(\w+))?$/.exec(path) ?? [];
    if (kind === 'alerts') {
      if (verb === 'acknowledge') return [200, this.#acknowledge(id, acknowledgeRequest.parse(body))];
      return [200, this.#set(id, { state: 'open', acknowledgedAtMs: null, acknowledgedBy: null, note: null })];
    }
    if (kind === 'alert-rules') return this.#changeRule(method, id, body);
    if (kind === 'notifiers') return this.#changeNotifier(method, id, verb, body);
    if (kind === 'maintenance-windows') return this.#changeWindow(method, id, body);
    if (kind !== 'dead-letters') return undefined;
    this.letters = this.letters.filter((letter) => letter.id !== id);
    return [204, undefined];
  }

  #listed(url: URL): Alert[] {
    const state = url.searchParams.get('state');
    const wanted = (alert: Alert) =>
      state === 'active' ? alert.state !== 'closed' : state === null || alert.state === state;
    return this.alerts.filter(wanted).slice(0, Number(url.searchParams.get('limit') ?? 200));
  }

  #fits(body: unknown): unknown {
    const { sets, tags, hostPattern } = z.object({ target: alertTarget }).parse(body).target;
    const narrowed = sets.length + tags.length > 0 || hostPattern !== '';
    const hosts = [1, 2, 3].map((at) => ({ id: `h${at}`, host: `checkout-${at}.example.net:27017` }));
    return alertTargetAnswer.parse({
      hosts,
      hostCount: narrowed ? 3 : 20,
      setCount: 1,
      clusterCount: 0,
      allHosts: 20,
    });
  }

  #acknowledge(
    id: string,
    how: { untilMs?: number | undefined; note?: string | undefined } | null | undefined,
  ): unknown {
    return this.#set(id, {
      state: 'acknowledged',
      acknowledgedAtMs: Date.now(),
      acknowledgedBy: 'kim@example.net',
      acknowledgedUntilMs: how?.untilMs ?? null,
      note: how?.note ?? null,
    });
  }

  #set(id: string, change: Partial<Alert>): unknown {
    this.alerts = this.alerts.map((one) => (one.id === id ? { ...one, ...change } : one));
    return alert.parse(this.alerts.find((one) => one.id === id));
  }

  #changeRule(method: string, id: string, body: unknown): Answer {
    if (method === 'POST') {
      const made = alertRule.parse({ ...newAlertRule.parse(body), id: `r${this.rules.length}`, builtIn: false });
      this.rules = [...this.rules, made];
      return [201, made];
    }
    if (method === 'DELETE') {
      this.rules = this.rules.filter((rule) => rule.id !== id);
      return [204, undefined];
    }
    const change = changeAlertRule.parse(body);
    this.rules = this.rules.map((rule) => (rule.id === id ? alertRule.parse({ ...rule, ...change }) : rule));
    return [200, this.rules.find((rule) => rule.id === id)];
  }

  #changeNotifier(method: string, id: string, verb: string, body: unknown): Answer {
    if (verb === 'test') {
      const tested = this.notifiers.find((one) => one.id === id);
      return [200, testNotifierAnswer.parse({ notifier: tested, report: this.testReport })];
    }
    if (method === 'POST') {
      const made = newNotifier.parse(body);
      const added = notifier.parse({ ...made, id: `n${this.notifiers.length + 1}`, lastAttempt: null });
      this.notifiers = [...this.notifiers, added];
      return [
        201,
        newNotifierAnswer.parse({ notifier: added, secret: made.kind === 'webhook' ? 'signing-secret' : null }),
      ];
    }
    if (method === 'DELETE') {
      this.notifiers = this.notifiers.filter((one) => one.id !== id);
      return [204, undefined];
    }
    const change = changeNotifier.parse(body);
    this.notifiers = this.notifiers.map((one) => (one.id === id ? notifier.parse({ ...one, ...change }) : one));
    return [200, this.notifiers.find((one) => one.id === id)];
  }

  #changeWindow(method: string, id: string, body: unknown): Answer {
    if (method === 'DELETE') {
      this.windows = this.windows.filter((one) => one.id !== id);
      return [204, undefined];
    }
    const change = method === 'POST' ? newMaintenanceWindow.parse(body) : changeMaintenanceWindow.parse(body);
    const times = change.times;
    const active = times?.kind === 'once' && times.fromMs <= Date.now() && times.toMs > Date.now();
    const span = times?.kind === 'once' ? { fromMs: times.fromMs, toMs: times.toMs } : {};
    if (method === 'POST') {
      const common = { id: `w${this.windows.length + 1}`, createdBy: 'kim@example.net', createdAtMs: Date.now() };
      const made = maintenanceWindow.parse({ fromMs: null, toMs: null, ...common, ...change, active, ...span });
      this.windows = [...this.windows, made];
      return [201, made];
    }
    this.windows = this.windows.map((one) => (one.id === id ? maintenanceWindow.parse({ ...one, ...change }) : one));
    return [200, this.windows.find((one) => one.id === id)];
  }
}
