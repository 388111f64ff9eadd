import { Command } from '../../../components/command.tsx';
import { agentWords } from '../agent-words.ts';
import { archiveOf, blocksOf, type LinesInput, type Way } from './install-lines.ts';

/** The lines that install an agent in one way, with the values of a link. */
export function DownloadLines({ way, input }: { readonly way: Way; readonly input: LinesInput }) {
  const { url, file } = archiveOf(input);
  const isArchive = way === 'archive' || way === 'powershell';
  return (
    <>
      {blocksOf(way, input).map(({ title, lines, note }) => (
        <div class="form" key={title}>
          <p>{title}:</p>
          <Command text={lines.join('\n')} label="Copy the lines" />
          {note !== undefined && <p class="help">{note}</p>}
        </div>
      ))}
      <p class="help">{agentWords[input.kind].login}</p>
      <p class="help">
        {isArchive && (
          <>
            Or{' '}
            <a href={url} download={file}>
              download {file}
            </a>{' '}
            here.{' '}
          </>
        )}
        The link holds a key: treat it like a password.{' '}
        {!input.made.ready && 'The archive is being prepared; the first download may wait some seconds.'}
      </p>
    </>
  );
}
