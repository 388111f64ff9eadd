import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { commands } from '../../src/cli/all-commands.ts';
import { parseCommandLine } from '../../src/cli/flags.ts';
import { monitoringAgentSettings } from '../../src/cli/monitoring-agent-settings.ts';
import { startServer } from '../../src/cli/start-server.ts';
import { createLog } from '../../src/runtime/log.ts';
import { environmentName, readSettings } from '../../src/runtime/settings.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const example = (name: string): string => readFileSync(join(root, 'docs', 'install', 'examples', name), 'utf8');
/** What stands for the user's own server and group in the examples. */
const exampleServer = 'https://leafward.example.net:8080';
const exampleGroup = 'g_0123456789';

interface Place extends AsyncDisposable {
  readonly serverUrl: string;
  readonly groupId: string;
  /** A system to install to. */
  readonly system: string;
  readonly keyFile: string;
}

/** A server whose archives hold a program that is this one, run from its sources. */
async function place(folder: TempDir): Promise<Place> {
  const program = folder.file('program');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'src', 'main.ts')}" "$@"\n`);
  chmodSync(program, 0o755);
  const log = createLog({ level: 'error', format: 'json', write: () => {} });
  const server = await startServer({
    dataDir: folder.file('data'),
    listen: '127.0.0.1:0',
    log,
    agentExecutable: program,
  });
  const init = { action: 'init', email: 'a@b.example', password: 'correct horse', groupName: 'Blue' } as const;
  const { groupId = '', agentKey = '' } = await server.admin(init);
  const system = folder.file('system');
  mkdirSync(join(system, 'etc'), { recursive: true });
  writeFileSync(join(system, 'etc/passwd'), 'leafward:x:964:964::/:/bin/false\n');
  writeFileSync(join(system, 'etc/group'), 'leafward:x:964:\n');
  writeFileSync(folder.file('agent.key'), `${agentKey}\n`, { mode: 0o600 });
  return {
    serverUrl: server.url,
    groupId,
    system,
    keyFile: folder.file('agent.key'),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function checkInstalled({ serverUrl, groupId, keyFile, system }: Place): void {
  const file = join(system, 'etc/leafward/monitoring-agent.config');
  const read = readSettings(monitoringAgentSettings, { file });
  assert.deepEqual([read.serverUrl, read.groupId], [serverUrl, groupId]);
  assert.equal(read.apiKey, readFileSync(keyFile, 'utf8').trim());
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.ok(statSync(join(system, 'usr/local/bin/leafward')).isFile());
}

test('the shell script fetches the archive without a key, fills it in and installs it', async () => {
  await using folder = tempDir();
  await using at = await place(folder);
  const env = { PATH: process.env['PATH'], SERVER_URL: at.serverUrl, GROUP_ID: at.groupId, API_KEY_FILE: at.keyFile };
  const script = join(root, 'docs', 'install', 'examples', 'install.sh');
  const into = ['--root', at.system, '--binary', './leafward'];
  const { stdout } = await run('sh', [script, ...into], { env, timeout: 600_000 });
  assert.match(stdout, /done: settings \/etc\/leafward\/monitoring-agent\.config/);
  checkInstalled(at);
  const again = await run('sh', [script, ...into], { env, timeout: 600_000 });
  assert.doesNotMatch(again.stdout, /done: /);
  await assert.rejects(run('sh', [script], { env: { ...env, GROUP_ID: '' } }), /GROUP_ID: is not set/);
});

test('the commands of cloud-init install the agent and leave no key behind', async () => {
  await using folder = tempDir();
  await using at = await place(folder);
  const data = parse(example('cloud-init.yaml')) as {
    packages: string[];
    write_files: { path: string; permissions: string; content: string }[];
    runcmd: string[][];
  };
  const here = (text: string): string => text.replaceAll('/run/leafward', folder.file('run'));
  mkdirSync(folder.file('run'));
  for (const { path, permissions, content } of data.write_files) {
    const text = here(content)
      .replace(exampleServer, at.serverUrl)
      .replace(exampleGroup, at.groupId)
      .replace('lfw_REPLACE_ME', readFileSync(at.keyFile, 'utf8').trim())
      .replace(' install \\', ` install --root ${at.system} --binary leafward-monitoring-agent/leafward \\`);
    writeFileSync(here(path), text, { mode: Number.parseInt(permissions, 8) });
  }
  for (const [command = '', ...args] of data.runcmd) await run(command, args.map(here), { timeout: 600_000 });
  checkInstalled(at);
  assert.throws(() => statSync(folder.file('run/agent.key')));
});

test('the steps of the Dockerfile put the program in its place; what it sets are settings', async () => {
  await using folder = tempDir();
  await using at = await place(folder);
  const steps = example('Dockerfile').replaceAll('\\\n', '').split('\n');
  const runs = steps.filter((step) => step.startsWith('RUN ')).map((step) => step.slice(4));
  for (const step of runs) await run('sh', ['-n', '-c', step]);
  const fetching = runs.find((step) => step.includes('curl -fsS'));
  assert.ok(fetching);
  mkdirSync(folder.file('tmp'));
  const env = {
    PATH: process.env['PATH'],
    SERVER_URL: at.serverUrl,
    AGENT: 'monitoring-agent',
    TARGETARCH: process.arch === 'x64' ? 'amd64' : process.arch,
  };
  const here = fetching.replaceAll(/\/tmp\b/g, folder.file('tmp')).replaceAll('/usr/local/bin', folder.path);
  await run('sh', ['-c', here], { env, timeout: 600_000 });
  assert.ok(statSync(folder.file('leafward')).size > 0);
  const [, command = ''] = /^CMD \["(.*)"\]$/m.exec(example('Dockerfile')) ?? [];
  assert.ok(commands.some(({ name }) => name === command));
  checkVariables(example('Dockerfile'));
});

test('the Kubernetes manifest runs the agent with settings that it has, without rights', async () => {
  await using folder = tempDir();
  writeFileSync(folder.file('api-key'), 'lfw_1\n');
  const [settings, set] = parseAllDocuments(example('kubernetes.yaml')).map((document) => {
    assert.deepEqual(document.errors, []);
    return document.toJS() as Record<string, unknown>;
  });
  const variables = settings?.['data'] as Record<string, string>;
  checkVariables(JSON.stringify(variables));
  const env = { ...variables, LEAFWARD_API_KEY_FILE: folder.file('api-key') };
  assert.equal(readSettings(monitoringAgentSettings, { env }).apiKey, 'lfw_1');
  const spec = set?.['spec'] as {
    selector: { matchLabels: object };
    template: {
      metadata: { labels: object };
      spec: {
        securityContext: { runAsNonRoot: boolean };
        containers: [{ args: string[]; volumeMounts: { name: string; mountPath: string }[] }];
        volumes: { name: string }[];
      };
    };
    volumeClaimTemplates: { metadata: { name: string } }[];
  };
  const { template, selector } = spec;
  assert.deepEqual(selector.matchLabels, template.metadata.labels);
  assert.ok(template.spec.securityContext.runAsNonRoot);
  const [{ args, volumeMounts }] = template.spec.containers;
  assert.ok(commands.some(({ name }) => name === args.join(' ')));
  const volumes = [
    ...template.spec.volumes.map(({ name }) => name),
    ...spec.volumeClaimTemplates.map((one) => one.metadata.name),
  ];
  for (const { name } of volumeMounts) assert.ok(volumes.includes(name), name);
  const keyFile = variables['LEAFWARD_API_KEY_FILE'] ?? '';
  assert.ok(volumeMounts.some(({ mountPath }) => keyFile.startsWith(`${mountPath}/`)));
});

test('the playbook replaces every placeholder and ends with a command that there is', async () => {
  const [play] = parse(example('playbook.yml')) as [
    {
      vars: Record<string, string>;
      tasks: (Record<string, { cmd?: string; url?: string }> & { loop?: { placeholder: string }[] })[];
    },
  ];
  const filled = (text: string): string => {
    let result = text;
    for (let round = 0; round < 3; round++) {
      result = result.replaceAll(/\{\{ (leafward_\w+) \}\}/g, (_, name: string) => play.vars[name] ?? '');
    }
    return result;
  };
  const loop = play.tasks.flatMap((task) => task.loop ?? []);
  assert.deepEqual(loop.map(({ placeholder }) => placeholder).sort(), ['@API_KEY@', '@GROUP_ID@', '@SERVER_URL@']);
  const url = filled(play.tasks[0]?.['ansible.builtin.get_url']?.url ?? '');
  assert.match(url, /\/settings\/leafward-monitoring-agent-linux-.*\.tar\.gz$/);
  const words = filled(play.tasks.at(-1)?.['ansible.builtin.command']?.cmd ?? '').split(' ');
  assert.deepEqual(words.slice(0, 3), ['./leafward', 'monitoring-agent', 'install']);
  const spec = commands.find(({ name }) => name === 'monitoring-agent install');
  assert.ok(spec);
  const { flags } = parseCommandLine(spec, monitoringAgentSettings, words.slice(3));
  assert.deepEqual([flags['settings'], flags['replace']], ['monitoring-agent.config', true]);
});

function checkVariables(text: string): void {
  const known = new Set(
    Object.entries(monitoringAgentSettings).flatMap(([name]) => [
      environmentName(name),
      environmentName(`${name}File`),
    ]),
  );
  const named = [...text.matchAll(/\bLEAFWARD_[A-Z_]+/g)].map(([name]) => name);
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  );
}
