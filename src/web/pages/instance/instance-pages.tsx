import { useEffect, useRef } from 'preact/hooks';
import { PlainShell } from '../../components/plain-shell.tsx';
import { AuditLog } from '../audit/audit-log.tsx';
import { ExposureSection } from './exposure-section.tsx';
import { GroupsSection } from './groups-section.tsx';
import { MailSection } from './mail-section.tsx';
import { OutboundSection } from './outbound-section.tsx';
import { SignInSection } from './sign-in-section.tsx';
import { UsersSection } from './users-section.tsx';

const sections = [
  ['users', 'Users'],
  ['groups', 'Groups'],
  ['sign-in', 'Sign-in'],
  ['mail', 'Mail'],
  ['outbound', 'Outbound calls'],
  ['exposure', 'Exposure check'],
  ['audit', 'Audit log'],
] as const;
type Section = (typeof sections)[number][0];

interface InstancePagesProps {
  readonly section: string;
  readonly query: URLSearchParams;
}

/** Settings of the whole server, for its administrators. */
export function InstancePages({ section, query }: InstancePagesProps) {
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
      <SectionBody section={here} query={query} />
    </PlainShell>
  );
}

function SectionBody({ section, query }: { readonly section: Section; readonly query: URLSearchParams }) {
  switch (section) {
    case 'users':
      return <UsersSection />;
    case 'groups':
      return <GroupsSection />;
    case 'sign-in':
      return <SignInSection />;
    case 'mail':
      return <MailSection />;
    case 'outbound':
      return <OutboundSection />;
    case 'exposure':
      return <ExposureSection />;
    case 'audit':
      return <AuditLog path="/audit" query={query} />;
  }
}
