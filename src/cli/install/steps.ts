import type { Buffer } from 'node:buffer';

/** Whom a file or folder belongs to: root, or the user of the service (`group`: root's, but readable by that user's group). */
export type Owner = 'root' | 'group' | 'user';

/** One thing that install or uninstall does. Paths are those of the installed system, without `--root`. */
export type Step =
  | { readonly do: 'user'; readonly name: string }
  | { readonly do: 'folder'; readonly path: string; readonly mode: number; readonly owner: Owner }
  | {
      readonly do: 'file';
      readonly path: string;
      readonly mode: number;
      readonly owner: Owner;
      readonly body: Buffer;
      /** What it is, for messages: "settings". */
      readonly what: string;
    }
  | { readonly do: 'program'; readonly path: string; readonly from: string }
  | { readonly do: 'link'; readonly path: string; readonly target: string }
  | {
      readonly do: 'run';
      readonly words: readonly string[];
      /** Its failure is no failure of the whole: what is not there cannot be stopped. */
      readonly mayFail: boolean;
      /** When nothing was changed before and this ends with 0, there is nothing to do. */
      readonly unless?: readonly string[];
    }
  | { readonly do: 'remove'; readonly path: string; readonly folder: boolean }
  /** Only when it is empty. */
  | { readonly do: 'removeEmpty'; readonly path: string }
  | { readonly do: 'removeUser'; readonly name: string };

const owners: Readonly<Record<Owner, (user: string) => string>> = {
  root: () => 'root:root',
  group: (user) => `root:${user}`,
  user: (user) => `${user}:${user}`,
};

/** What a step does, as a line for people. */
export function stepWords(step: Step, user: string): string {
  switch (step.do) {
    case 'user':
      return `user ${step.name}, a system user without a shell`;
    case 'folder':
      return `folder ${step.path} (${octal(step.mode)} ${owners[step.owner](user)})`;
    case 'file':
      return `${step.what} ${step.path} (${octal(step.mode)} ${owners[step.owner](user)})`;
    case 'program':
      return `program ${step.path} (0755 root:root), a copy of ${step.from}`;
    case 'link':
      return `link ${step.path} to ${step.target}`;
    case 'run':
      return `run ${step.words.at(0) === 'sh' ? (step.words[2] ?? '') : step.words.join(' ')}`;
    case 'remove':
      return `remove ${step.path}${step.folder ? ' and all in it' : ''}`;
    case 'removeEmpty':
      return `remove ${step.path} if it is empty`;
    default:
      return `remove the user ${step.name}`;
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
