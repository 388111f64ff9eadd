import type { ComponentChildren } from 'preact';
import type { Host } from '../../../wire/api/deployment.ts';
import { durationWords } from '../../chart/duration-words.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Shape } from '../../components/status.tsx';
import { capital } from '../../format.ts';
import type { HostData } from './host-data.ts';
import type { HostTab } from './host-tabs.ts';

export interface HostHeaderProps {
  readonly host: Host | null;
  readonly nowMs: number;
  readonly base: string;
  readonly tab: HostTab;
  readonly query: URLSearchParams;
  /** Why the newest attempt to read it failed, and how it is tried again. */
  readonly data: Pick<HostData, 'problem' | 'retryAtMs' | 'reload'>;
  /** What can be done with the host. */
  readonly actions?: ComponentChildren;
}

const tabNames = [
  ['charts', 'Charts'],
  ['raw', 'Raw'],
  ['info', 'Info'],
] as const;

/** Who the host is and how it is; its problem in words with the next step; the tabs. */
export function HostHeader({ host, nowMs, base, tab, query, data, actions }: HostHeaderProps) {
  const { problem, retryAtMs, reload } = data;
  return (
    <>
      <div class="page-head host-head">
        <h1>{host?.host ?? 'Host'}</h1>
        {host !== null && host.role !== '' && (
          <span class={`role ${host.role === 'primary' ? 'primary' : ''}`}>{host.role}</span>
        )}
        {host !== null && <HostStatus host={host} nowMs={nowMs} />}
        {actions}
        <p class="meta">{host === null ? ' ' : facts(host, nowMs)}</p>
      </div>
      {problem !== null && <ErrorBox error={problem} retryAtMs={retryAtMs} onRetry={reload} />}
      {host !== null && <HostProblem host={host} />}
      <nav class="tabs" aria-label="Views of this host">
        {tabNames.map(([name, title]) => (
          <a key={name} href={tabHref(base, name, query)} aria-current={tab === name ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
    </>
  );
}

function HostStatus({ host, nowMs }: { readonly host: Host; readonly nowMs: number }) {
  const { health, word, sinceMs, detail } = host.status;
  return (
    <span class={`pill boxed ${health}`} title={detail}>
      <Shape health={health} />
      {capital(word)}
      {sinceMs !== undefined && health !== 'ok' && <span class="sub">for {durationWords(nowMs - sinceMs)}</span>}
    </span>
  );
}

function HostProblem({ host }: { readonly host: Host }) {
  if (host.problem === null) return null;
  const health = host.status.health === 'bad' ? 'bad' : 'warn';
  return (
    <section class={`verdict ${health}`} aria-label="Problem">
      <Shape health={health} />
      <h2>{capital(host.problem.message)}</h2>
      <p>{host.problem.hint}</p>
    </section>
  );
}

function facts(host: Host, nowMs: number) {
  const collection = {
    diagnostic: null,
    commands: 'single commands, without getDiagnosticData',
    hello: 'hello only, without login',
  } as const;
  const items: (readonly [string, string] | null)[] = [
    host.version === null ? null : ['MongoDB', host.version],
    host.setName === null ? null : ['set', host.setName],
    host.shardName === null ? null : ['shard', host.shardName],
    host.type === 'mongod' || host.type === 'unknown' ? null : ['process', host.type],
    host.startedAtMs === null || host.status.health === 'bad' ? null : ['up', durationWords(nowMs - host.startedAtMs)],
    host.lastSampleAtMs === null
      ? null
      : ['last sample', `${durationWords(Math.max(0, nowMs - host.lastSampleAtMs))} ago`],
    host.collection === null || collection[host.collection] === null
      ? null
      : ['read by', collection[host.collection] ?? ''],
    host.clockSkewMs === null || Math.abs(host.clockSkewMs) < 1000
      ? null
      : ['clock off by', durationWords(Math.abs(host.clockSkewMs))],
  ];
  return items
    .filter((item) => item !== null)
    .map(([name, value]) => (
      <span key={name}>
        {name} <b>{value}</b>
      </span>
    ));
}

function tabHref(base: string, tab: HostTab, query: URLSearchParams): string {
  const text = query.toString();
  return `${base}${tab === 'charts' ? '' : `/${tab}`}${text === '' ? '' : `?${text}`}`;
}
