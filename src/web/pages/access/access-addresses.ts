const accessPages = ['setup', 'sign-in', 'password-reset', 'invitation'];

/** Whether the first part of an address names a page that needs no session. */
export function isAccessPage(first: string): boolean {
  return accessPages.includes(first);
}
