/** Says once, beside what the command prints, that the API token is about to expire. */
export function tellOfTokenEnd(): (expiresAt: string) => void {
  let told = false;
  return (expiresAt) => {
    if (told) return;
    told = true;
    console.error(`leafward: the API token expires at ${expiresAt}. Make a new one in time: Settings > Tokens.`);
  };
}
