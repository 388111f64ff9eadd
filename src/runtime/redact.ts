/** Masks what must never reach a log: passwords in URIs, agent keys, API tokens, link tokens in paths. */
export function redact(text: string): string {
  return text
    .replace(/(mongodb(?:\+srv)?:\/\/[^:@/\s]+:)[^@/\s]+@/g, '$1***@')
    .replace(/(https?:\/\/[^:@/\s]+:)[^@/\s]+@/g, '$1***@')
    .replace(/\b(lf[wt]_[A-Za-z0-9]+_)[A-Za-z0-9_-]{16,}/g, '$1***')
    .replace(
      /(\/(?:settings\/agents|setup|sign-in|restore|password-reset|invitations?)\/)[A-Za-z0-9_-]{16,}/g,
      '$1***',
    );
}
