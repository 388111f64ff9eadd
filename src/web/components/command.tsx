import { useRef } from 'preact/hooks';
import { CopyButton } from './copy-button.tsx';

/** A command line or a snippet with its copy button. */
export function Command({ text, label = 'Copy the command' }: { readonly text: string; readonly label?: string }) {
  const source = useRef<HTMLPreElement>(null);
  return (
    <div class="cmd">
      <pre ref={source}>{text}</pre>
      <CopyButton text={text} source={source} word="Copy" label={label} />
    </div>
  );
}
