import type {
  DownloadChoices,
  DownloadKind,
  DownloadTarget,
  NewDownloadAnswer,
} from '../../../../wire/api/downloads.ts';
import { shellWord } from '../../../shell-word.ts';

/** A way to install, as a tab of the page. */
export type Way = 'archive' | 'apt' | 'yum' | 'ansible' | 'powershell';

export interface LinesInput {
  readonly kind: DownloadKind;
  readonly target: DownloadTarget;
  readonly format: 'tar.gz' | 'zip';
  readonly made: NewDownloadAnswer;
  readonly choices: DownloadChoices;
}

/** Lines to copy, and what to know of them. */
export interface Block {
  readonly title: string;
  readonly lines: readonly string[];
  readonly note?: string;
}

export const wayNames: Readonly<Record<Way, string>> = {
  archive: 'curl',
  apt: 'apt',
  yum: 'yum, dnf',
  ansible: 'Ansible',
  powershell: 'PowerShell',
};

export function waysOf(target: DownloadTarget): readonly Way[] {
  if (target.startsWith('win')) return ['powershell'];
  return target.startsWith('darwin') ? ['archive'] : ['archive', 'apt', 'yum', 'ansible'];
}

export function agentsOf(kind: DownloadKind): readonly string[] {
  return kind === 'both' ? ['monitoring-agent', 'backup-agent'] : [`${kind}-agent`];
}

/** What every archive unpacks to, whatever its own name. */
export function folderOf(kind: DownloadKind): string {
  return kind === 'both' ? 'leafward-agents' : `leafward-${kind}-agent`;
}

const caFile = 'leafward-ca.pem';

/** The CA that the server made for itself: nobody trusts it yet. */
function caLines({ choices }: LinesInput): string[] {
  return choices.serverCa === null ? [] : [`cat > ${caFile} <<'END'`, ...choices.serverCa.trim().split('\n'), 'END'];
}

function curl({ choices }: LinesInput): string {
  return choices.serverCa === null ? 'curl' : `curl --cacert ${caFile}`;
}

export function archiveOf({ made, target, format }: LinesInput): { readonly url: string; readonly file: string } {
  const archive = made.archives.find((one) => one.target === target);
  const url = (format === 'zip' ? archive?.zipUrl : archive?.tarGzUrl) ?? '';
  return { url, file: `${archive?.fileName ?? ''}.${format}` };
}

export function blocksOf(way: Way, input: LinesInput): readonly Block[] {
  switch (way) {
    case 'apt':
      return packageBlocks(input, 'apt');
    case 'yum':
      return packageBlocks(input, 'yum');
    case 'ansible':
      return [ansibleBlock(input)];
    case 'powershell':
      return powerShellBlocks(input);
    default:
      return archiveBlocks(input);
  }
}

function archiveBlocks(input: LinesInput): Block[] {
  const { kind, target, format } = input;
  const { url, file } = archiveOf(input);
  const mac = target.startsWith('darwin');
  const agents = agentsOf(kind);
  const unpack = format === 'zip' ? 'unzip -q' : 'tar -xzf';
  return [
    {
      title: "On the agent's machine, as a user without special rights",
      lines: [
        ...caLines(input),
        `${curl(input)} -fSo ${shellWord(file)} ${shellWord(url)}`,
        `${unpack} ${shellWord(file)}`,
        ...(mac ? [`xattr -dr com.apple.quarantine ${folderOf(kind)}`] : []),
        `cd ${folderOf(kind)}`,
        ...agents.map((agent) => `./leafward ${agent} --settings ${agent}.config${agents.length > 1 ? ' &' : ''}`),
      ],
      ...(mac && {
        note: 'xattr takes away the quarantine that a browser put on a download; what curl fetched has none.',
      }),
    },
    {
      title: 'Then as a service, which starts with the machine',
      lines: agents.map((agent) => `sudo ./leafward ${agent} install --settings ${agent}.config`),
      note: `It makes a user without rights and starts the agent with ${mac ? 'launchd' : 'systemd or SysV init'}. --dry-run shows what it would do.`,
    },
  ];
}

function powerShellBlocks(input: LinesInput): Block[] {
  const { kind } = input;
  const { url, file } = archiveOf(input);
  const ca = input.choices.serverCa;
  const agents = agentsOf(kind);
  return [
    {
      title: 'In PowerShell',
      lines: [
        ...(ca === null ? [] : ["@'", ...ca.trim().split('\n'), `'@ | Set-Content -Encoding ascii ${caFile}`]),
        `${ca === null ? 'curl.exe' : `curl.exe --cacert ${caFile}`} -fSo ${file} '${url}'`,
        `tar.exe -xf ${file}`,
        `Get-ChildItem ${folderOf(kind)} -Recurse | Unblock-File`,
        `cd ${folderOf(kind)}`,
        ...agents.map((agent) =>
          agents.length > 1
            ? String.raw`Start-Process .\leafward.exe '${agent} --settings ${agent}.config'`
            : String.raw`.\leafward.exe ${agent} --settings ${agent}.config`,
        ),
      ],
      note: 'Unblock-File takes away the mark of a download from the internet, at which SmartScreen stops programs that Microsoft does not know.',
    },
    {
      title: 'Then as a service, in a PowerShell that runs as administrator',
      lines: agents.flatMap((agent) => [
        String.raw`.\leafward-service.exe install leafward-${agent} ${agent} --settings ${agent}.config`,
        `sc.exe start leafward-${agent}`,
      ]),
      note: 'It runs from this folder, as LocalService: move the folder to where it is to stay first.',
    },
  ];
}

function packageBlocks(input: LinesInput, manager: 'apt' | 'yum'): Block[] {
  const { kind, made, choices } = input;
  const source = choices.repositories[manager];
  if (source === null) return [];
  const agents = agentsOf(kind);
  const get = choices.serverCa === null ? 'curl' : `curl --cacert /etc/leafward/server-ca.pem`;
  const place = manager === 'apt' ? '/etc/apt/sources.list.d/leafward.sources' : '/etc/yum.repos.d/leafward.repo';
  const packages = agents.map((agent) => `leafward-${agent}`).join(' ');
  const install =
    manager === 'apt' ? ['sudo apt-get update', `sudo apt-get install ${packages}`] : [`sudo dnf install ${packages}`];
  return [
    {
      title: 'Install from this server, and give it the settings of this group',
      lines: [
        ...caInstalled(input, manager),
        `${get} -fsS ${shellWord(source)} | sudo tee ${place} >/dev/null`,
        ...install,
        ...agents.map(
          (agent) =>
            `${get} -fsS ${shellWord(`${made.settingsUrl}/${agent}.config`)} | sudo install -D -m 0640 -g leafward /dev/stdin /etc/leafward/${agent}.d/group.config`,
        ),
        ...agents.map((agent) => `sudo systemctl enable --now leafward-${agent}`),
      ],
      note: 'Updates come with those of the machine; the settings of the package stay as they came.',
    },
  ];
}

/** Package managers believe what the machine believes. */
function caInstalled(input: LinesInput, manager: 'apt' | 'yum'): string[] {
  if (input.choices.serverCa === null) return [];
  const trust =
    manager === 'apt'
      ? ['/usr/local/share/ca-certificates/leafward.crt', 'sudo update-ca-certificates']
      : ['/etc/pki/ca-trust/source/anchors/leafward.pem', 'sudo update-ca-trust'];
  return [
    ...caLines(input),
    `sudo install -D -m 0644 ${caFile} /etc/leafward/server-ca.pem`,
    `sudo install -D -m 0644 ${caFile} ${trust[0]}`,
    trust[1] ?? '',
  ];
}

function ansibleBlock(input: LinesInput): Block {
  const { kind, choices } = input;
  const { url, file } = archiveOf({ ...input, format: 'tar.gz' });
  const ca = choices.serverCa;
  const caTask =
    ca === null
      ? []
      : [
          '    - name: CA of the Leafward server',
          '      ansible.builtin.copy:',
          '        dest: /etc/leafward-ca.pem',
          "        mode: '0644'",
          '        content: |',
          ...ca
            .trim()
            .split('\n')
            .map((line) => `          ${line}`),
        ];
  return {
    title: 'A play for the machines of the group leafward_agents of your inventory',
    lines: [
      '- hosts: leafward_agents',
      '  become: true',
      '  tasks:',
      ...caTask,
      '    - name: Archive of this group',
      ...(ca === null
        ? [
            '      ansible.builtin.get_url:',
            `        url: ${url}`,
            `        dest: /opt/${file}`,
            "        mode: '0600'",
          ]
        : [
            // get_url takes no CA of its own.
            '      ansible.builtin.command:',
            `        cmd: curl --cacert /etc/leafward-ca.pem -fsSo /opt/${file} ${url}`,
            `        creates: /opt/${file}`,
          ]),
      '    - name: Unpacked',
      '      ansible.builtin.unarchive:',
      `        src: /opt/${file}`,
      '        dest: /opt',
      '        remote_src: true',
      ...agentsOf(kind).flatMap((agent) => [
        `    - name: Service ${agent}`,
        '      ansible.builtin.command:',
        `        cmd: ./leafward ${agent} install --settings ${agent}.config --replace`,
        `        chdir: /opt/${folderOf(kind)}`,
        '      register: installed',
        '      changed_when: "\'done: \' in installed.stdout"',
      ]),
    ],
    note: 'The link ends after 24 hours and its machines share one key; docs/install/automated-deployment.md shows the same with the archive without a key and your own vault.',
  };
}
