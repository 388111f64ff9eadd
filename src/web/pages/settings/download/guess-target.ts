import type { DownloadTarget } from '../../../../wire/api/downloads.ts';

/** What a browser says of its machine; Chromium alone has `userAgentData`. */
interface BrowserFacts {
  readonly userAgent: string;
  readonly userAgentData?: {
    readonly platform: string;
    getHighEntropyValues(names: readonly string[]): Promise<{ architecture?: string }>;
  };
}

/** The platform of this browser: a guess, for the agent may run anywhere. */
export async function guessTarget(browser: BrowserFacts): Promise<DownloadTarget> {
  const { userAgent, userAgentData } = browser;
  const said = userAgentData?.platform ?? userAgent;
  const architecture = await architectureOf(browser);
  if (/mac/i.test(said)) return architecture === 'x86' ? 'darwin-x64' : 'darwin-arm64';
  const isArm = architecture === undefined ? /aarch64|arm64/i.test(userAgent) : architecture === 'arm';
  if (/win/i.test(said)) return isArm ? 'win-arm64' : 'win-x64';
  return isArm ? 'linux-arm64' : 'linux-x64';
}

/** Undefined where the browser does not say: Safari and Firefox on Apple silicon claim to be Intel in their user agent. */
async function architectureOf({ userAgentData }: BrowserFacts): Promise<string | undefined> {
  try {
    const found = await userAgentData?.getHighEntropyValues(['architecture']);
    return found?.architecture === '' ? undefined : found?.architecture;
  } catch {
    return undefined;
  }
}
