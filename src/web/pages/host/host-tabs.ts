/** The part of the address after the host's id; charts need none. */
export const hostTabs = ['charts', 'raw', 'info'] as const;
export type HostTab = (typeof hostTabs)[number];
