import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { clock, fullTime, zoneName } from '../format.ts';
import { toggleTheme } from '../theme.ts';
import { setZone, useClock, useZone } from '../zone.ts';
import { Icon, type IconName, Mark } from './icon.tsx';
import { PersonMenu } from './person-menu.tsx';

export interface NavItem {
  readonly word: string;
  readonly icon: IconName;
  readonly address: string;
  readonly current: boolean;
  /** Not at the bottom of a phone, where there is room for five. */
  readonly wideOnly?: boolean;
  readonly badge?: ComponentChildren;
}

interface FrameProps {
  readonly home: string;
  readonly title: string;
  /** Pages above it: word and address. */
  readonly above: readonly (readonly [word: string, address: string])[];
  readonly nav: readonly NavItem[];
  /** Below the brand, where the side has room. */
  readonly head?: ComponentChildren;
  readonly foot?: ComponentChildren;
  /** Before the clock. */
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** Navigation at the side (at the bottom on phones), the bar on top, and the page between. */
export function Frame(props: FrameProps) {
  const { home, title, above, nav } = props;
  useEffect(() => {
    document.title = `${title} · Leafward`;
  }, [title]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <div class="app">
        <aside class="side" aria-label="Leafward">
          <a class="brand" href={home}>
            <Mark />
            <span class="word">Leafward</span>
          </a>
          {props.head}
          <nav class="nav" aria-label="Main">
            {nav.map(({ word, icon, address, current, wideOnly, badge }) => (
              <a
                key={address}
                href={address}
                class={wideOnly === true ? 'more-only' : undefined}
                aria-current={current ? 'page' : undefined}
              >
                <Icon name={icon} />
                <span>{word}</span>
                {badge}
              </a>
            ))}
          </nav>
          {props.foot}
        </aside>
        <div class="page">
          <header class="top">
            <a class="brand" href={home} aria-label="Leafward, deployment">
              <Mark />
            </a>
            <nav class="crumbs" aria-label="Where you are">
              {above.map(([word, address]) => (
                <>
                  <a href={address}>{word}</a>
                  <span aria-hidden="true">/</span>
                </>
              ))}
              <span aria-current="page">{title}</span>
            </nav>
            {props.tools}
            <TopClock />
            <button
              type="button"
              class="quiet icon theme"
              aria-label="Change between light and dark"
              onClick={toggleTheme}
            >
              <Icon name="theme" />
            </button>
            <PersonMenu />
          </header>
          <main class="main" id="main" tabIndex={-1}>
            {props.children}
          </main>
        </div>
      </div>
    </>
  );
}

function TopClock() {
  const now = useClock(1000);
  const zone = useZone();
  const other = zone === 'utc' ? 'local' : 'utc';
  return (
    <button
      type="button"
      class="quiet clock"
      title={`${fullTime(now, zone)}. All times are shown in this zone.`}
      onClick={() => setZone(other)}
    >
      <span>
        <span class="long">{fullTime(now, zone).split(', ', 1)[0]}, </span>
        {clock(now, zone)} <span class="unit">{zoneName(now, zone)}</span>
        <span class="sr">, show {other === 'utc' ? 'UTC' : 'local time'}</span>
      </span>
    </button>
  );
}
