import type { AgentKind } from '../../../wire/api/access.ts';
import type { NewDownloadAnswer } from '../../../wire/api/downloads.ts';
import { Command } from '../../components/command.tsx';
import { shellWord } from '../../shell-word.ts';
import { agentWords } from './agent-words.ts';

interface DownloadLinesProps {
  readonly kind: AgentKind;
  readonly made: NewDownloadAnswer;
  readonly format: 'tar.gz' | 'zip';
}

/** The lines that fetch, unpack and start the agent of a link. */
export function DownloadLines({ kind, made, format }: DownloadLinesProps) {
  const url = format === 'zip' ? made.zipUrl : made.tarGzUrl;
  const base = made.fileName.replace(/\.(tar\.gz|zip)$/, '');
  const file = `${base}.${format}`;
  const unpack = format === 'zip' ? `unzip -q ${shellWord(file)}` : `tar -xzf ${shellWord(file)}`;
  const lines = [
    `curl -fSo ${shellWord(file)} ${shellWord(url)}`,
    unpack,
    // What every archive unpacks to, whatever its own name.
    `cd leafward-${kind}-agent`,
    `./leafward ${kind}-agent --settings ${kind}-agent.config`,
  ];
  return (
    <>
      <p>On the agent's machine, as a user without special rights:</p>
      <Command text={lines.join('\n')} label="Copy the lines" />
      <p class="help">{agentWords[kind].login}</p>
      <p class="help">
        Or{' '}
        <a href={url} download={file}>
          download {file}
        </a>{' '}
        here. The link holds a key: treat it like a password.{' '}
        {!made.ready && 'The archive is being prepared; the first download may wait some seconds.'}
      </p>
    </>
  );
}
