import { useEffect, useRef, useState } from 'preact/hooks';

/** A command line or a snippet with its copy button. */
export function Command({ text, label = 'Copy the command' }: { readonly text: string; readonly label?: string }) {
  const [copied, setCopied] = useState(false);
  const source = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    setCopied(await copyText(text, source.current));
  };
  return (
    <div class="cmd">
      <pre ref={source}>{text}</pre>
      <button type="button" aria-label={label} onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}

/** Copies, or where the browser forbids it (plain HTTP) selects the text and copies that. */
async function copyText(text: string, element: HTMLElement | null): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // not permitted: by selection below
    }
  }
  if (element === null) return false;
  getSelection()?.selectAllChildren(element);
  return document.execCommand('copy');
}
