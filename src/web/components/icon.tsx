const lines = {
  deployment:
    'M8 1.7a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6ZM3.2 10.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6ZM12.8 10.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6ZM7.1 5.1 4.1 10.4M8.9 5.1l3 5.3M5 12h6',
  backup: 'M2.3 8a5.7 5.7 0 1 0 1.9-4.3M2.3 2.5v2.8h2.8M8 5v3.2l2.2 1.3',
  alerts: 'M4 7a4 4 0 0 1 8 0c0 3 1.2 4 1.2 4H2.8S4 10 4 7ZM6.8 13.5a1.3 1.3 0 0 0 2.4 0',
  compare: 'M2 2v12h12M4.5 10l2.7-3.5 2.3 2L13.5 4',
  agents:
    'M8 6.4a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2ZM4.8 11.2a4.5 4.5 0 0 1 0-6.4M11.2 4.8a4.5 4.5 0 0 1 0 6.4M2.7 13.3a7.5 7.5 0 0 1 0-10.6M13.3 2.7a7.5 7.5 0 0 1 0 10.6',
  events: 'M5.5 4H14M5.5 8H14M5.5 12H14M2.2 4h.1M2.2 8h.1M2.2 12h.1',
  settings:
    'M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6M10 2.7a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6ZM6 9.7a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6Z',
  find: 'M7 2.7a4.3 4.3 0 1 1 0 8.6 4.3 4.3 0 0 1 0-8.6ZM10.3 10.3l3.2 3.2',
  plus: 'M8 3v10M3 8h10',
  down: 'm4.5 6.5 3.5 3.5 3.5-3.5',
  theme: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM8 2.5v11M9.5 3v10M11 4v8M12.5 5.5v5',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  person: 'M8 2.5a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4ZM2.8 13.5a5.2 5.2 0 0 1 10.4 0',
  leave: 'M6.5 2.5h-3a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h3M10.5 11l3-3-3-3M13 8H6',
  expand: 'M9.5 2.5h4v4M13.5 2.5 9 7M6.5 13.5h-4v-4M2.5 13.5 7 9',
  shrink: 'M13.5 6.5h-4v-4M9.5 6.5 14 2M2.5 9.5h4v4M6.5 9.5 2 14',
  left: 'M10 3 5 8l5 5',
  right: 'M6 3l5 5-5 5',
  zoomOut: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.3 10.3l3.2 3.2M5 7h4',
  link: 'M6.5 9.5l3-3M7 4.5l1.2-1.2a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.2 1.2a3 3 0 0 1-4.5-4.5L4.5 7',
  calendar: 'M2.5 4.5h11v9h-11zM2.5 7.5h11M5.5 2.5v3M10.5 2.5v3',
  silence: 'M4 7a4 4 0 0 1 6.5-3.1M12 7c0 3 1.2 4 1.2 4H5.5M6.8 13.5a1.3 1.3 0 0 0 2.4 0M2.5 13.5l11-11',
} as const;
export type IconName = keyof typeof lines;

/** A line icon of 16 px; the words are with what holds it. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={lines[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg class="mark" width="22" height="22" viewBox="0 0 24 24" aria-hidden="true">
      <path
        fill="currentColor"
        d="M12 1.8c2.7 1.9 5.6 2.8 9 2.9.5 8.6-2.4 14.3-9 17.7C5.4 19 2.5 13.3 3 4.7c3.4-.1 6.3-1 9-2.9Z"
      />
      <path
        d="M12 22.4V8.2M12 17l5-5M12 13.2 8.1 9.3"
        fill="none"
        stroke="var(--bg)"
        stroke-width="1.7"
        stroke-linecap="round"
      />
    </svg>
  );
}
