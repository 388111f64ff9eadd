import { type Optime, parseTimestamp, timestampText } from '../model/optime.ts';

/** An optime as messages and the API write it. */
export function optimeMessageOf({ ts, term }: Optime): { ts: string; term: number } {
  return { ts: timestampText(ts), term };
}

export function optimeOf({ ts, term }: { readonly ts: string; readonly term: number }): Optime {
  return { ts: parseTimestamp(ts), term };
}
