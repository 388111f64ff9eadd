import assert from 'node:assert/strict';
import { defaultRules } from '../../src/alerts/default-rules.ts';
import { AlertEngine } from '../../src/alerts/engine.ts';
import { AlertMemory } from '../../src/alerts/group-memory.ts';
import type { Alert, AlertEvent, AlertRule, AlertStore, Needs } from '../../src/alerts/ports.ts';
import { RuleBook } from '../../src/alerts/rule-book.ts';
import type { MetricsEngine } from '../../src/metrics/ports.ts';
import { MetricValues } from '../../src/server/alert-source/metric-values.ts';
import type { HostReport } from '../../src/wire/agent-messages.ts';
import { newAlertRule } from '../../src/wire/api/alerts.ts';
import { hostView, member, noonMs, setReport, snapshot } from './alert-snapshots.ts';

const lookEveryMs = 5_000;
const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `2m30s`, `1h` in milliseconds. */
function span(text: string): number {
  const parts = [...text.matchAll(/(\d+)([smhd])/g)];
  assert.equal(parts.map(([whole]) => whole).join(''), text, `"${text}" is no time`);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units], 0);
}

/** Series as Prometheus' tests write them: `80x6` seven times 80, `0+10x3` 0 10 20 30, `_x2` nothing three times, words as they are. */
export function seriesValues(text: string): (number | string | null)[] {
  return text.split(/\s+/).flatMap((part) => {
    const [, first, change = '', times] = /^(-?[\d.]+|_|[a-z]+)([+-][\d.]+)?(?:x(\d+))?$/.exec(part) ?? [];
    assert.ok(first !== undefined, `"${part}" is no value of a series`);
    const value = first === '_' ? null : /^[a-z]/.test(first) ? first : Number(first);
    return Array.from({ length: Number(times ?? 0) + 1 }, (_, at) =>
      typeof value === 'number' ? value + Number(change) * at : value,
    );
  });
}

interface Series {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly values: readonly (number | string | null)[];
}

/**
 * A group that a script tells of, with the real engine, rule book and figures over it. `load` gives series by metric and host:
 * `up` (0: no answer), `role`, `lag` (seconds), `elections` (1: one happened) and `member` (0: its set sees it down) are facts of
 * hosts, any other name is a metric.
 */
export class AlertScript {
  readonly #store: AlertStore;
  readonly #groupId: string;
  readonly #series = new Map<string, Series>();
  readonly #facts = new Map<string, { readonly upSinceMs: number; readonly missed: number }>();
  #nowMs = noonMs;
  #startedAtMs = noonMs - 86_400_000;
  #agentSeenMs = noonMs;
  #agentIsSilent = false;
  #memory: AlertMemory;
  #engine: AlertEngine;
  #values: MetricValues;
  #told: string[] = [];

  constructor(store: AlertStore, groupId: string) {
    this.#store = store;
    this.#groupId = groupId;
    [this.#memory, this.#engine, this.#values] = this.#start();
  }

  async run(text: string): Promise<void> {
    const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*$/, ''));
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at]?.trim() ?? '';
      if (line === '') continue;
      const indented: string[] = [];
      while (/^\s+\S/.test(lines[at + 1] ?? '')) indented.push((lines[++at] ?? '').trim());
      try {
        await this.#command(line, indented);
      } catch (thrown) {
        if (thrown instanceof Error) thrown.message = `line ${at + 1 - indented.length}, "${line}": ${thrown.message}`;
        throw thrown;
      }
    }
  }

  async #command(line: string, indented: readonly string[]): Promise<void> {
    const [verb = '', ...words] = line.split(/\s+/);
    const rest = words.join(' ');
    switch (verb) {
      case 'only':
        return this.#only(words);
      case 'rule':
        return this.#rule(rest);
      case 'load':
        return this.#load(span(rest), indented);
      case 'advance':
        return this.#advance(span(rest));
      case 'jump':
        this.#nowMs += words[0] === 'back' ? -span(words[1] ?? '') : span(words[0] ?? '');
        return;
      case 'ack':
        return this.#acknowledge(rest);
      case 'unack':
        await this.#engine.unacknowledge(this.#groupId, (await this.#alertOn(rest)).id, 'bob');
        return;
      case 'restart':
        return this.#restart(words);
      case 'agent':
        this.#agentIsSilent = words[0] === 'silent';
        return;
      case 'expect':
        return words[0] === 'alerts' ? this.#expectAlerts(rest, indented) : this.#expectTold(words.slice(1));
      default:
        assert.fail('no such command');
    }
  }

  /** Which of the rules that every group has are on; comes first. */
  async #only(ruleIds: readonly string[]): Promise<void> {
    const wanted = new Set(ruleIds.map((id) => `default-${id}`));
    const rules = defaultRules().map((rule) => ({ ...rule, enabled: wanted.has(rule.id) }));
    assert.equal(rules.filter(({ enabled }) => enabled).length, wanted.size, 'a rule that does not exist');
    await this.#store.saveRules(this.#groupId, rules);
  }

  /** `rule NAME {json}`: a new rule, or a change of one that has this name. */
  async #rule(text: string): Promise<void> {
    const [, name = '', json = ''] = /^(.*?)\s*(\{.*\})$/.exec(text) ?? [];
    const given: object = JSON.parse(json);
    const book = new RuleBook(this.#memory);
    const known = (await book.rules(this.#groupId)).find((rule) => rule.name === name);
    if (known !== undefined) await book.change(this.#groupId, known.id, given as Partial<AlertRule>);
    else await book.add(this.#groupId, newAlertRule.parse({ name, severity: 'warn', ...given }));
  }

  #load(stepMs: number, lines: readonly string[]): void {
    for (const line of lines) {
      const [, metric = '', host = '', values = ''] = /^(\S+)\{([\w-]+)\}\s+(.*)$/.exec(line) ?? [];
      assert.ok(values !== '', `"${line}" is not "metric{host} values"`);
      this.#series.set(`${metric} ${host}`, { fromMs: this.#nowMs, stepMs, values: seriesValues(values.trim()) });
    }
  }

  async #advance(ms: number): Promise<void> {
    for (const endMs = this.#nowMs + ms; this.#nowMs < endMs; ) {
      this.#nowMs += Math.min(lookEveryMs, endMs - this.#nowMs);
      if (!this.#agentIsSilent) this.#agentSeenMs = this.#nowMs;
      await this.#engine.look(this.#groupId);
    }
  }

  async #acknowledge(text: string): Promise<void> {
    const [, host = '', until, note] = /^(\S+)(?: for (\S+))?(?: note (.*))?$/.exec(text) ?? [];
    const untilMs = until === undefined ? undefined : this.#nowMs + span(until);
    await this.#engine.acknowledge(this.#groupId, (await this.#alertOn(host)).id, 'ann', { untilMs, note });
  }

  async #alertOn(host: string): Promise<Alert> {
    const active = await this.#store.alerts(this.#groupId, { state: 'active', limit: 100 });
    const found = active.filter(({ subject }) => subject.label.startsWith(host));
    assert.equal(found.length, 1, `${found.length} alerts on "${host}"`);
    return found[0] ?? assert.fail();
  }

  /** `restart server [after 10m]`: nothing is kept but what the store has. */
  #restart(words: readonly string[]): void {
    this.#nowMs += words[1] === 'after' ? span(words[2] ?? '') : 0;
    this.#startedAtMs = this.#nowMs;
    [this.#memory, this.#engine, this.#values] = this.#start();
  }

  #start(): [AlertMemory, AlertEngine, MetricValues] {
    const memory = new AlertMemory(this.#store);
    const clock = { now: () => this.#nowMs };
    const engine = new AlertEngine({
      memory,
      clock,
      source: { groupIds: async () => [this.#groupId], snapshot: (_, needs) => this.#snapshot(needs) },
      link: () => 'https://leafward.example.net/',
      onEvents: async (events: readonly AlertEvent[]) => void this.#told.push(...events.map(({ kind }) => kind)),
      onChanged: () => {},
      onDeliveries: () => {},
    });
    return [memory, engine, new MetricValues(this.#metrics(), clock)];
  }

  /** The value that an agent saw last, unless the series ended or has a hole there. */
  #at(metric: string, host: string, atMs = this.#agentSeenMs): number | string | null {
    const series = this.#series.get(`${metric} ${host}`);
    if (series === undefined) return null;
    return series.values[Math.floor((atMs - series.fromMs) / series.stepMs)] ?? null;
  }

  #hosts(): readonly string[] {
    return [...new Set([...this.#series.keys()].map((key) => key.split(' ')[1] ?? ''))].sort();
  }

  async #snapshot(needs: Needs) {
    const names = this.#hosts();
    const hosts = names.map((name) => hostView(name, this.#report(name)));
    const members = names.map((name, memberId) =>
      member(name, {
        memberId,
        state: this.#at('role', name) === 'primary' ? 1 : 2,
        health: (this.#at('member', name) ?? this.#at('up', name)) === 0 ? 0 : 1,
        lagMs: Number(this.#at('lag', name) ?? 0) * 1000,
      }),
    );
    const reporter = names.find((name) => this.#at('up', name) !== 0);
    const sets = reporter === undefined ? [] : [setReport(members, { reportedBy: `${reporter}:27017` })];
    const wanted = { groupId: this.#groupId, hostIds: hosts.map(({ id }) => id), needs, intervalMs: 10_000 };
    const agents = [{ id: 'a_1', hostname: 'ops-1', version: '1.0.0', lastSeenAtMs: this.#agentSeenMs }];
    const { latest: _, ...given } = snapshot({ nowMs: this.#nowMs, hosts, sets, setsAtMs: this.#agentSeenMs, agents });
    const serverStartedAtMs = this.#startedAtMs;
    return { ...given, groupId: this.#groupId, serverStartedAtMs, ...(await this.#values.values(wanted)) };
  }

  #report(name: string): Partial<HostReport> {
    const up = this.#at('up', name) !== 0;
    const before = this.#facts.get(name);
    const isSame = before !== undefined && (this.#agentIsSilent || (!up && before.missed > 0));
    const upSinceMs = isSame ? before.upSinceMs : this.#nowMs;
    const missed = this.#agentIsSilent ? (before?.missed ?? 0) : up ? 0 : (before?.missed ?? 0) + 1;
    this.#facts.set(name, { upSinceMs, missed });
    const role = this.#at('role', name);
    return {
      reachable: up,
      missedPolls: missed,
      sinceMs: upSinceMs,
      ...(typeof role === 'string' ? { role: role as NonNullable<HostReport['role']> } : {}),
    };
  }

  /** What the figures ask of the store of metrics. */
  #metrics(): MetricsEngine {
    const unused = () => assert.fail('not used by alerts');
    return {
      append: unused,
      metrics: unused,
      gaps: unused,
      use: unused,
      setRetention: unused,
      removeStream: unused,
      close: unused,
      latest: async (_group, streams, wanted) =>
        new Map(
          streams.map((stream) => {
            const isOld = this.#nowMs - this.#agentSeenMs > 60_000;
            const values = wanted.map((metric) => this.#at(metric, stream.slice(2)));
            const numbers = values.map((value) => (typeof value === 'number' && !isOld ? value : null));
            return [stream, { atMs: this.#agentSeenMs, values: numbers }] as const;
          }),
        ),
      series: async ({ stream, names, fromMs, toMs }) =>
        names.map((name) => {
          const points: [number, number | null, number | null, number | null][] = [];
          for (let atMs = Math.ceil(fromMs / 10_000) * 10_000; atMs < toMs; atMs += 10_000) {
            const value = this.#at(name, stream.slice(2), atMs);
            if (typeof value === 'number') points.push([atMs, value, value, value]);
          }
          return { name, resolutionMs: 10_000, points };
        }),
    };
  }

  async #expectAlerts(text: string, lines: readonly string[]): Promise<void> {
    const active = await this.#store.alerts(this.#groupId, { state: 'active', limit: 100 });
    const shown = active.map(({ state, title }) => `${state} ${title}`).sort();
    assert.deepEqual(shown, text === 'alerts none' ? [] : lines.toSorted());
  }

  /** What was told since the last time that this was asked. */
  #expectTold(words: readonly string[]): void {
    const told = this.#told.map((kind) => kind.replace('alert', '').toLowerCase());
    this.#told = [];
    assert.deepEqual(told, words[0] === 'nothing' ? [] : words);
  }
}
