import { useEffect, useMemo, useRef } from 'preact/hooks';
import { CopyButton } from '../../components/copy-button.tsx';
import { Dialog } from '../../components/dialog.tsx';

interface CodesOnceProps {
  readonly codes: readonly string[];
  readonly email: string;
  readonly onClose: () => void;
}

/** Recovery codes, shown this once: to copy, to download. */
export function CodesOnce({ codes, email, onClose }: CodesOnceProps) {
  const list = useRef<HTMLOListElement>(null);
  const text = `Leafward recovery codes of ${email} at ${location.host}. Each works once.\n\n${codes.join('\n')}\n`;
  const file = useMemo(() => URL.createObjectURL(new Blob([text], { type: 'text/plain' })), [text]);
  useEffect(() => () => URL.revokeObjectURL(file), [file]);
  return (
    <Dialog title="Keep these recovery codes" onClose={onClose}>
      <div class="form">
        <p>
          When the phone is gone, each of them signs you in once. They are shown this once: keep them where the phone is
          not, in a password manager or printed.
        </p>
        <ol class="codes" ref={list} aria-label="Recovery codes">
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ol>
        <div class="buttons">
          <CopyButton text={codes.join('\n')} source={list} word="Copy" label="Copy the recovery codes" />
          <a class="button" href={file} download="leafward-recovery-codes.txt">
            Download
          </a>
          <button type="button" class="primary" onClick={onClose}>
            I have kept them
          </button>
        </div>
      </div>
    </Dialog>
  );
}
