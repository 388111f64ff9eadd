import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { pythonProgram } from '../../build/platform-tools.ts';
import { endChild, startChild } from './child-process.ts';
import type { FullGroup } from './full-group.ts';
import { tempDir } from './temp-dir.ts';

export interface FuzzSettings {
  /** Of the server, without a path. */
  readonly url: string;
  /** Of every request: who asks. */
  readonly headers: Readonly<Record<string, string>>;
  readonly group: FullGroup;
  readonly seed: number;
  /** Made-up requests of each route; more find more and take longer. */
  readonly examples: number;
  /** Also each bound of each field one by one, and chains of routes that use what others made. */
  readonly thorough: boolean;
  /** Routes that would stop the run itself, each with the reason: `DELETE /session`. */
  readonly without: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface FuzzResult {
  readonly requests: number;
  readonly routes: number;
  /** Empty when nothing was found; else what was, with a command that repeats each. */
  readonly findings: string;
}

/** Answers that say "not now" or "not here" and prove nothing about the input; 410 and 431 are refusals too. */
const refusals = [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 431];

/**
 * Asks every route of a server what its own description does not promise: schemathesis makes requests that fit and requests
 * that do not, and checks that no answer is a fault, undocumented, of another shape, or given without asking who it is.
 */
export async function fuzzApi(settings: FuzzSettings): Promise<FuzzResult> {
  await using folder = tempDir('fuzz');
  const description = `${settings.url}/api/v1/openapi.json`;
  const { paths } = (await (await fetch(description)).json()) as { paths: Record<string, Record<string, unknown>> };
  const config = folder.file('schemathesis.toml');
  writeFileSync(config, configText(paths, settings));
  const options = {
    phases: settings.thorough ? 'examples,coverage,fuzzing,stateful' : 'fuzzing',
    seed: String(settings.seed),
    'max-examples': String(settings.examples),
    'request-timeout': '120',
    // How quickly examples are made says nothing of the server.
    'suppress-health-check': 'all',
    'max-redirects': '0',
    workers: '1',
    warnings: 'off',
  };
  const args = ['--config-file', config, 'run', description, '--no-color'];
  for (const [name, value] of Object.entries(options)) args.push(`--${name}`, value);
  for (const [name, value] of Object.entries(settings.headers)) args.push('--header', `${name}: ${value}`);
  const child = startChild(pythonProgram('schemathesis'), args, {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const timer = setTimeout(() => void endChild(child, 'SIGTERM'), settings.timeoutMs);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  await once(child, 'close');
  clearTimeout(timer);
  const requests = Number(/(\d+) generated/.exec(text)?.[1] ?? 0);
  const routes = Number(/Tested: (\d+)/.exec(text)?.[1] ?? 0);
  if (child.exitCode === 0) return { requests, routes, findings: '' };
  // Each line may hold a body of many kilobytes.
  return { requests, routes, findings: text.replace(/^(.{400}).+$/gm, '$1 …').slice(-20_000) };
}

function configText(
  paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  settings: FuzzSettings,
): string {
  const parts = [
    '[generation]\nwith-security-parameters = false\ndatabase = "none"',
    '[checks.unsupported_method]\nenabled = false',
    // That a body fits its schema does not make it sensible: a filter may name an operator that there is not.
    '[checks.positive_data_acceptance]\nenabled = false',
    `[checks.negative_data_rejection]\nexpected-statuses = ${JSON.stringify(refusals.map(String))}`,
  ];
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, described] of Object.entries(methods)) {
      const name = `${method.toUpperCase()} ${path}`;
      const lines = name.replace('/api/v1', '') in settings.without ? ['enabled = false'] : [];
      const ids = settings.group.idsFor(path.replace('/api/v1', ''));
      // What is removed must not be what the other routes are asked about.
      const pins = Object.entries(ids).map(
        ([key, id]) => `${key} = ${JSON.stringify(method === 'delete' && key !== 'groupId' ? `${id}x` : id)}`,
      );
      if (pins.length > 0) lines.push('[operations.parameters]', ...pins);
      // schemathesis rewrites tuples for its generator, and then cannot check an answer by what it wrote.
      if (JSON.stringify(described).includes('"prefixItems"')) {
        lines.push('[operations.checks.response_schema_conformance]', 'enabled = false');
      }
      if (lines.length > 0) parts.push([`[[operations]]\ninclude-name = ${JSON.stringify(name)}`, ...lines].join('\n'));
    }
  }
  return `${parts.join('\n\n')}\n`;
}
