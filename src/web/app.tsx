import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { SessionAnswer } from '../wire/api/access.ts';
import { type ApiError, get, setCsrf, toApiError, whenSignedOut } from './api.ts';
import { ErrorBox } from './components/error-box.tsx';
import { Shell } from './components/shell.tsx';
import { SetupPage } from './pages/access/setup-page.tsx';
import { SignInLinkPage } from './pages/access/sign-in-link-page.tsx';
import { SignInPage } from './pages/access/sign-in-page.tsx';
import { NotFound } from './pages/not-found.tsx';
import { forgetAnswers } from './resource.ts';
import { groupPath, navigate, startRouter, useAddress } from './router.ts';
import { GroupContext, type GroupView } from './session.ts';
import { followGroup, leaveGroup } from './stream.ts';

/** All pages: those before the sign-in by themselves, the others in the shell of a group. */
export function App() {
  const { path, query } = useAddress();
  const [session, setSession] = useState<SessionAnswer | null>(null);
  useEffect(startRouter, []);
  const signedIn = useCallback((answer: SessionAnswer) => {
    setCsrf(answer.csrf);
    forgetAnswers();
    setSession(answer);
    const wanted = new URLSearchParams(location.search).get('to');
    navigate(wanted?.startsWith('/g/') === true ? wanted : '/', true);
  }, []);
  const [, first = '', second] = path.split('/').map(decode);
  if (first === 'setup') return <SetupPage token={second ?? ''} onSignedIn={signedIn} />;
  if (first === 'sign-in' && second !== undefined && second !== '')
    return <SignInLinkPage token={second} onSignedIn={signedIn} />;
  if (first === 'sign-in') return <SignInPage onSignedIn={signedIn} />;
  return <Inside session={session} onSession={setSession} path={path} query={query} />;
}

interface InsideProps {
  readonly session: SessionAnswer | null;
  readonly onSession: (session: SessionAnswer | null) => void;
  readonly path: string;
  readonly query: URLSearchParams;
}

function Inside({ session, onSession, path, query }: InsideProps) {
  const [error, setError] = useState<ApiError | null>(null);
  const refresh = useCallback(() => {
    get<SessionAnswer>('/session').then(
      (answer) => {
        setCsrf(answer.csrf);
        setError(null);
        onSession(answer);
      },
      (thrown: unknown) => {
        const found = toApiError(thrown);
        if (found.status === 401) toSignIn(onSession);
        else setError(found);
      },
    );
  }, [onSession]);
  useEffect(() => {
    whenSignedOut(() => toSignIn(onSession));
    if (session === null) refresh();
  }, []);
  const [, first = '', groupId = '', ...rest] = path.split('/').map(decode);
  const group = session?.groups.find(({ id }) => id === groupId);
  const home = session?.groups[0]?.id;
  useEffect(() => {
    if (path === '/' && home !== undefined) navigate(groupPath(home), true);
  }, [path, home]);
  useEffect(() => {
    if (group !== undefined) followGroup(group.id);
    else leaveGroup();
  }, [group?.id]);
  const view = useMemo<GroupView | null>(
    () => (session && group ? { session, groupId: group.id, groupName: group.name, role: group.role, refresh } : null),
    [session, group, refresh],
  );
  if (error !== null && session === null) {
    return (
      <main class="alone" id="main">
        <h1 class="sr">Leafward</h1>
        <ErrorBox error={error} retryAtMs={null} />
        <button type="button" onClick={refresh}>
          Try again
        </button>
      </main>
    );
  }
  if (session === null || (path === '/' && home !== undefined)) return null;
  if (view === null || first !== 'g') return <NotFound home={home === undefined ? null : groupPath(home)} />;
  return (
    <GroupContext.Provider value={view}>
      <Shell key={view.groupId} parts={rest} query={query} />
    </GroupContext.Provider>
  );
}

function toSignIn(onSession: (session: null) => void): void {
  onSession(null);
  leaveGroup();
  forgetAnswers();
  const here = location.pathname + location.search;
  if (!location.pathname.startsWith('/sign-in'))
    navigate(here === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(here)}`, true);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
