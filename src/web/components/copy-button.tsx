import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface CopyButtonProps {
  readonly text: string;
  /** What stands on the page: selected and copied where the browser has no clipboard for pages (plain HTTP). */
  readonly source: RefObject<HTMLElement | null>;
  readonly word: string;
  readonly label: string;
}

/** Copies a text, and says for two seconds that it did. */
export function CopyButton({ text, source, word, label }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button type="button" aria-label={label} onClick={() => void copyText(text, source.current).then(setCopied)}>
      {copied ? 'Copied' : word}
    </button>
  );
}

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
