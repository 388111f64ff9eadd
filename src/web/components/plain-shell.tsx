import type { ComponentChildren } from 'preact';
import { groupPath } from '../router.ts';
import { useSession } from '../session.ts';
import { Frame } from './frame.tsx';

interface PlainShellProps {
  readonly here: 'account' | 'instance';
  readonly title: string;
  readonly above?: readonly (readonly [word: string, address: string])[];
  readonly children: ComponentChildren;
}

/** The frame of pages that belong to no group: a person's own account, and the server's settings. */
export function PlainShell({ here, title, above = [], children }: PlainShellProps) {
  const { session } = useSession();
  const [group] = session.groups;
  const toGroup =
    group === undefined
      ? []
      : [{ word: 'Deployment', icon: 'deployment' as const, address: groupPath(group.id), current: false }];
  const toInstance = session.user.administrator
    ? [{ word: 'Instance', icon: 'settings' as const, address: '/instance', current: here === 'instance' }]
    : [];
  return (
    <Frame
      home="/"
      title={title}
      above={above}
      nav={[
        ...toGroup,
        { word: 'Account', icon: 'person', address: '/account', current: here === 'account' },
        ...toInstance,
      ]}
    >
      {children}
    </Frame>
  );
}
