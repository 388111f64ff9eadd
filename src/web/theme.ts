const storageName = 'leafward-theme';

/** Takes over the reader's choice; without one the system decides. */
export function applyTheme(): void {
  const chosen = localStorage.getItem(storageName);
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen;
}

export function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
}

/** Changes between light and dark; charts redraw on the event `themechange`. */
export function toggleTheme(): void {
  const next = isDark() ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = next;
  localStorage.setItem(storageName, next);
  dispatchEvent(new Event('themechange'));
}
