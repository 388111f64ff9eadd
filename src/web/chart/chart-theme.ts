/** Colours as the canvas needs them: computed, never `light-dark()`. */
export interface ChartTheme {
  readonly series: readonly string[];
  readonly grid: string;
  readonly hatch: string;
  readonly label: string;
  readonly surface: string;
  readonly control: string;
  readonly accent: string;
  readonly warn: string;
  readonly bad: string;
  readonly font: string;
}

/** Reads the custom properties through a probe element inside `parent`, so that the theme that holds there counts. */
export function readTheme(parent: HTMLElement): ChartTheme {
  const probe = document.createElement('span');
  probe.hidden = true;
  parent.append(probe);
  const color = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const theme: ChartTheme = {
    series: ['--s1', '--s2', '--s3', '--s4', '--s5', '--s6', '--s7', '--s8'].map(color),
    grid: color('--grid'),
    hatch: color('--hatch'),
    label: color('--ink-3'),
    surface: color('--surface'),
    control: color('--control'),
    accent: color('--accent'),
    warn: color('--warn'),
    bad: color('--bad'),
    font: `11px ${getComputedStyle(parent).fontFamily}`,
  };
  probe.remove();
  return theme;
}

/** Calls when the theme changes, by the reader's choice on the page or by the system. Returns the way to stop. */
export function onThemeChange(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', listener);
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class'] });
  return () => {
    system.removeEventListener('change', listener);
    observer.disconnect();
  };
}
