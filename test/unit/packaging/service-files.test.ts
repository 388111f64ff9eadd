import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { backupAgentSettings } from '../../../src/cli/backup-agent-settings.ts';
import { monitoringAgentSettings } from '../../../src/cli/monitoring-agent-settings.ts';
import { serverSettings } from '../../../src/cli/server-settings.ts';
import { type ServiceFileKind, type ServiceName, serviceFile, usualPlace } from '../../../src/runtime/service-files.ts';
import { environmentName } from '../../../src/runtime/settings.ts';
import { findOnPath } from '../../support/child-process.ts';

const tables = {
  server: serverSettings,
  'monitoring-agent': monitoringAgentSettings,
  'backup-agent': backupAgentSettings,
};
const services = Object.keys(tables) as ServiceName[];
const kinds: readonly ServiceFileKind[] = ['systemd', 'init', 'launchd', 'logrotate'];

test('each file is filled in whole, speaks of its own service alone, and sets only settings that this has', async () => {
  for (const service of services) {
    const known = new Set(Object.keys(tables[service]).map(environmentName));
    for (const kind of kinds) {
      const text = await serviceFile(kind, service, usualPlace(service));
      const what = `${kind} of ${service}`;
      assert.doesNotMatch(text, /@[A-Z_]+@/, what);
      for (const other of services.filter((name) => name !== service)) {
        assert.doesNotMatch(text, new RegExp(`leafward-${other}|\\b${other}\\.(?:config|log|out|pid)`, 'm'), what);
      }
      for (const [variable] of text.matchAll(/\bLEAFWARD_[A-Z_]+/g))
        assert.ok(known.has(variable), `${what}: ${variable}`);
    }
  }
});

test('a unit tells systemd that it is ready and alive, restarts always, and shows how to bound it', async () => {
  for (const service of services) {
    const lines = new Set((await serviceFile('systemd', service, usualPlace(service))).split('\n'));
    for (const line of [
      'Type=notify',
      'NotifyAccess=all',
      'Restart=always',
      `ExecStart=/usr/bin/leafward ${service} --settings /etc/leafward/${service}.config`,
      `StateDirectory=leafward/${service}`,
      'LogsDirectory=leafward',
      'NoNewPrivileges=yes',
    ]) {
      assert.ok(lines.has(line), `${service}: ${line}`);
    }
    const text = [...lines].join('\n');
    assert.match(text, /^#MemoryMax=\d+[MG]$/m);
    assert.match(text, /^#CPUQuota=\d+%$/m);
    assert.doesNotMatch(text, /^MemoryDenyWriteExecute/m);
  }
});

test('an init script is one for every shell, with what update-rc.d and chkconfig read', async () => {
  for (const service of services) {
    const text = await serviceFile('init', service, usualPlace(service));
    for (const shell of ['sh', 'dash', 'bash'].filter((name) => findOnPath(name) !== undefined)) {
      execFileSync(shell, ['-n'], { input: text });
    }
    const header = /^### BEGIN INIT INFO\n([\s\S]*?)^### END INIT INFO$/m.exec(text)?.[1] ?? '';
    for (const key of [
      'Provides',
      'Required-Start',
      'Required-Stop',
      'Default-Start',
      'Default-Stop',
      'Short-Description',
    ]) {
      assert.match(header, new RegExp(`^# ${key}: +\\S`, 'm'), `${service}: ${key}`);
    }
    assert.match(text, /^# chkconfig: 2345 \d\d \d\d$/m);
    assert.match(text, /^# description: \S/m);
  }
});

const python = findOnPath('python3');
test('a launchd plist is one that plistlib reads, with known keys only', {
  skip: python === undefined && 'no python3',
}, async () => {
  const known = new Set(
    'Label ProgramArguments UserName EnvironmentVariables WorkingDirectory StandardOutPath StandardErrorPath RunAtLoad KeepAlive ThrottleInterval ExitTimeOut ProcessType Umask SoftResourceLimits'.split(
      ' ',
    ),
  );
  for (const service of services) {
    const text = await serviceFile('launchd', service, { ...usualPlace(service), user: '_leafward' });
    const read = execFileSync(
      python ?? '',
      ['-c', 'import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'],
      { input: text, encoding: 'utf8' },
    );
    const plist = JSON.parse(read) as Record<string, unknown>;
    assert.deepEqual(
      Object.keys(plist).filter((key) => !known.has(key)),
      [],
    );
    assert.equal(plist['Label'], `leafward-${service}`);
    assert.equal(plist['UserName'], '_leafward');
    assert.equal(plist['KeepAlive'], true);
    assert.equal(plist['Umask'], 0o077);
    assert.deepEqual(plist['ProgramArguments'], [
      '/usr/bin/leafward',
      service,
      '--settings',
      `/etc/leafward/${service}.config`,
    ]);
  }
});

test('a place that such a file cannot hold is refused', async () => {
  const place = usualPlace('server');
  for (const [kind, wrong] of [
    ['init', { ...place, binary: '/opt/my programs/leafward' }],
    ['init', { ...place, settings: '/etc/$(reboot)' }],
    ['launchd', { ...place, logFolder: '/var/log/a&b' }],
    ['systemd', { ...place, user: 'a\nUser=root' }],
    ['systemd', { ...place, stateFolder: '/srv/leafward' }],
  ] as const) {
    await assert.rejects(serviceFile(kind, 'server', wrong), { code: 'SETTINGS_INVALID' });
  }
});
