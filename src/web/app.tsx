import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { SessionAnswer } from '../wire/api/access.ts';
import { type ApiError, get, setCsrf, toApiError, whenSignedOut } from './api.ts';
import { ErrorBox } from './components/error-box.tsx';
import { Mark } from './components/icon.tsx';
import { lazyPage } from './components/lazy-page.tsx';
import { Shell } from './components/shell.tsx';
import { isAccessPage } from './pages/access/access-addresses.ts';
import { SignInPage } from './pages/access/sign-in-page.tsx';
import { NotFound } from './pages/not-found.tsx';
import { SecondFactorFirst } from './pages/second-factor-first.tsx';
import { forgetAnswers } from './resource.ts';
import { groupPath, navigate, startRouter, useAddress } from './router.ts';
import { GroupContext, groupView, SessionContext, type SessionView } from './session.ts';
import { followGroup, leaveGroup } from './stream.ts';

// What few people see, and seldom, is fetched when it is opened.
const AccessPages = lazyPage(async () => (await import('./pages/access/access-pages.tsx')).AccessPages);
const AccountPage = lazyPage(async () => (await import('./pages/account/account-page.tsx')).AccountPage);
const InstancePages = lazyPage(async () => (await import('./pages/instance/instance-pages.tsx')).InstancePages);

const retryMs = 3000;

/** All pages: those before the sign-in by themselves, the others in the shell of a group or of the server. */
export function App() {
  const { path, query } = useAddress();
  const [session, setSession] = useState<SessionAnswer | null>(null);
  useEffect(startRouter, []);
  const signedIn = useCallback((answer: SessionAnswer, to?: string) => {
    setCsrf(answer.csrf);
    forgetAnswers();
    setSession(answer);
    navigate(to ?? wantedPage(new URLSearchParams(location.search).get('to')), true);
  }, []);
  const parts = path.split('/').map(decode).slice(1);
  const [first = '', second = ''] = parts;
  if (first === 'sign-in' && second === '') return <SignInPage query={query} onSignedIn={signedIn} />;
  if (isAccessPage(first)) return <AccessPages parts={parts} onSignedIn={signedIn} />;
  return <Inside session={session} onSession={setSession} path={path} parts={parts} query={query} />;
}

interface InsideProps {
  readonly session: SessionAnswer | null;
  readonly onSession: (session: SessionAnswer | null) => void;
  readonly path: string;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

function Inside({ session, onSession, path, parts, query }: InsideProps) {
  const [failure, setFailure] = useState<{ readonly error: ApiError; readonly retryAtMs: number } | null>(null);
  const refresh = useCallback(() => {
    get<SessionAnswer>('/session').then(
      (answer) => {
        setCsrf(answer.csrf);
        setFailure(null);
        onSession(answer);
      },
      (thrown: unknown) => {
        const found = toApiError(thrown);
        if (found.status === 401) toSignIn(onSession);
        else setFailure({ error: found, retryAtMs: Date.now() + retryMs });
      },
    );
  }, [onSession]);
  useEffect(() => {
    whenSignedOut(() => toSignIn(onSession));
    if (session === null) refresh();
  }, []);
  const view = useMemo<SessionView | null>(() => session && { session, refresh }, [session, refresh]);
  const elsewhere = session === null ? null : instead(session, path);
  useEffect(() => {
    if (elsewhere !== null) navigate(elsewhere, true);
  }, [elsewhere]);
  const waiting = failure !== null && session === null;
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(refresh, retryMs);
    return () => clearTimeout(timer);
  }, [waiting, failure]);
  if (waiting) {
    return (
      <main class="alone" id="main">
        <h1 class="brand">
          <Mark />
          Leafward
        </h1>
        <ErrorBox {...failure} onRetry={refresh} />
      </main>
    );
  }
  if (view === null || elsewhere !== null) return null;
  return (
    <SessionContext.Provider value={view}>
      <SignedIn view={view} parts={parts} query={query} />
    </SessionContext.Provider>
  );
}

interface SignedInProps {
  readonly view: SessionView;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

function SignedIn({ view, parts, query }: SignedInProps) {
  const { session } = view;
  const [first = '', groupId = '', ...rest] = parts;
  const group = useMemo(() => (first === 'g' ? groupView(view, groupId) : null), [view, first, groupId]);
  const followed = group?.groupId;
  useEffect(() => {
    if (followed !== undefined) followGroup(followed);
    else leaveGroup();
  }, [followed]);
  if (first === 'account') return <AccountPage />;
  if (first === 'instance' && session.user.administrator) return <InstancePages section={groupId} query={query} />;
  const home = session.groups[0]?.id;
  if (group === null) return <NotFound home={home === undefined ? null : groupPath(home)} />;
  if (session.groups.find(({ id }) => id === group.groupId)?.secondFactorMissing === true)
    return <SecondFactorFirst groupName={group.groupName} />;
  return (
    <GroupContext.Provider value={group}>
      <Shell key={group.groupId} parts={rest} query={query} />
    </GroupContext.Provider>
  );
}

/** Where this person goes in place of the address that is open; null: nowhere else. */
function instead({ groups, user, secondFactorMissing }: SessionAnswer, path: string): string | null {
  if (secondFactorMissing) return path === '/account' ? null : '/account';
  if (path !== '/') return null;
  const [home] = groups;
  if (home !== undefined) return groupPath(home.id);
  return user.administrator ? '/instance' : null;
}

/** The page of this site that was asked for before the sign-in. */
function wantedPage(wanted: string | null): string {
  return wanted !== null && /^\/(g|account|instance|invitation)(\/|$|\?)/.test(wanted) ? wanted : '/';
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
