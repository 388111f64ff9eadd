import { HostPage, type HostPageProps } from '../host/host-page.tsx';
import { HostActions } from './host-actions.tsx';

/** The page of a host with what can be done with it in its group. */
export function HostView(props: HostPageProps) {
  return <HostPage {...props} actions={(host) => <HostActions host={host} />} />;
}
