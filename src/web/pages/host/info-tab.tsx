import type { ApiError } from '../../api.ts';
import { longTime, type Zone } from '../../chart/time-axis.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Document } from './raw-tab.tsx';

export interface InfoDocument {
  readonly kind: string;
  readonly atMs: number;
  readonly document: unknown;
}
export interface InfoTabProps {
  /** Null while it is being read. */
  readonly documents: readonly InfoDocument[] | null;
  readonly problem: ApiError | null;
  readonly zone: Zone;
}

const titles: Readonly<Record<string, readonly [title: string, what: string]>> = {
  cmdLineOpts: ['Command line', 'how the process was started'],
  getCmdLineOpts: ['Command line', 'how the process was started'],
  buildInfo: ['Build', 'version, modules, compiler'],
  hostInfo: ['Machine', 'system, CPU, memory'],
  startupWarnings: ['Startup warnings', 'what the process complained about when it began'],
  replSetConfig: ['Replica set configuration', 'members, votes, priorities'],
  replSetGetConfig: ['Replica set configuration', 'members, votes, priorities'],
};
const order = ['startupWarnings', 'cmdLineOpts', 'getCmdLineOpts', 'buildInfo', 'hostInfo'];

/** What the process says of itself: startup warnings, command line, build, machine. */
export function InfoTab({ documents, problem, zone }: InfoTabProps) {
  if (problem !== null && documents === null) return <ErrorBox error={problem} />;
  if (documents === null)
    return (
      <div class="card empty" role="status">
        <p>Reading what the process says of itself.</p>
      </div>
    );
  if (documents.length === 0) {
    return (
      <div class="card empty">
        <p>Nothing yet. The agent reads command line, build and startup warnings when it connects and once an hour.</p>
      </div>
    );
  }
  const rank = (kind: string) => (order.indexOf(kind) + order.length + 1) % (order.length + 1);
  return (
    <div class="info">
      {documents
        .toSorted((a, b) => rank(a.kind) - rank(b.kind))
        .map((entry) => {
          const [title, what] = titles[entry.kind] ?? [entry.kind, 'as the process answered'];
          const warnings = entry.kind === 'startupWarnings' ? warningLines(entry.document) : null;
          const command = commandLine(entry.document);
          return (
            <section class="card" key={entry.kind} aria-label={title}>
              <header>
                <h2>{title}</h2>
                <span class="sub">{what}</span>
                <span class="end">read {longTime(entry.atMs, zone, false)}</span>
              </header>
              <div class="body">
                {command !== null && (
                  <div class="cmd">
                    <pre tabIndex={0}>{command}</pre>
                  </div>
                )}
                {warnings !== null ? (
                  <Warnings lines={warnings} />
                ) : (
                  <Document value={entry.document} name={entry.kind} />
                )}
              </div>
            </section>
          );
        })}
    </div>
  );
}

function Warnings({ lines }: { readonly lines: readonly string[] }) {
  if (lines.length === 0) return <p class="sub">None: the process started without a complaint.</p>;
  return (
    <ul class="warnings">
      {lines.map((line) => (
        <li key={line}>
          <span class="is-warn" aria-hidden="true">
            ▲
          </span>{' '}
          {line}
        </li>
      ))}
    </ul>
  );
}

/** Lines of `getLog: startupWarnings`: JSON log lines give their message, others stand as they are. */
export function warningLines(document: unknown): readonly string[] {
  const log = field(document, 'log') ?? field(document, 'warnings') ?? document;
  if (!Array.isArray(log)) return [];
  return log.map((line: unknown) =>
    typeof line === 'string' ? messageOf(line) : (stringField(line, 'msg') ?? JSON.stringify(line)),
  );
}

function messageOf(line: string): string {
  try {
    return stringField(JSON.parse(line), 'msg') ?? line;
  } catch {
    return line;
  }
}

function commandLine(document: unknown): string | null {
  const argv = field(document, 'argv');
  return Array.isArray(argv) && argv.every((word) => typeof word === 'string') ? argv.join(' ') : null;
}

function stringField(value: unknown, name: string): string | null {
  const found = field(value, name);
  return typeof found === 'string' ? found : null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
