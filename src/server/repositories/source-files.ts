/**
 * What apt reads to install from this server (sources.list(5), deb822), with the key in it: one file to copy. apt since 2.3.10
 * (Debian 12, Ubuntu 22.04) takes a key there; before it, Signed-By names a file.
 */
export function aptSources(serverUrl: string, publicKey: string): string {
  const key = publicKey
    .trimEnd()
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line}`));
  return [
    'Types: deb',
    `URIs: ${serverUrl}/repo/apt`,
    'Suites: stable',
    'Components: main',
    'Signed-By:',
    ...key,
    '',
  ].join('\n');
}

/** What dnf and yum read: packages and index are checked. */
export function yumRepo(serverUrl: string): string {
  return [
    '[leafward]',
    'name=Leafward',
    `baseurl=${serverUrl}/repo/yum`,
    'enabled=1',
    'gpgcheck=1',
    'repo_gpgcheck=1',
    `gpgkey=${serverUrl}/repo/leafward.asc`,
    '',
  ].join('\n');
}
