import { useEffect, useRef } from 'preact/hooks';
import { PlainShell } from '../../components/plain-shell.tsx';
import { UsersSection } from './users-section.tsx';

const sections = [['users', 'Users']] as const;

interface InstancePagesProps {
  readonly section: string;
  readonly query: URLSearchParams;
}

/** Settings of the whole server, for its administrators. */
export function InstancePages({ section }: InstancePagesProps) {
  const [here, word] = sections.find(([name]) => name === section) ?? sections[0];
  const tabs = useRef<HTMLElement>(null);
  // On a phone the tabs are wider than the screen.
  useEffect(() => tabs.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }), [here]);
  return (
    <PlainShell here="instance" title={word} above={[['Instance', '/instance']]}>
      <div class="page-head">
        <h1>Instance</h1>
        <span class="sub">settings of the whole server, for its administrators</span>
      </div>
      <nav class="tabs" aria-label="Instance" ref={tabs}>
        {sections.map(([name, title]) => (
          <a key={name} href={`/instance/${name}`} aria-current={name === here ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      {here === 'users' && <UsersSection />}
    </PlainShell>
  );
}
