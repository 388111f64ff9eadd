import { type Optime, parseTimestamp, timestampText } from '../../model/optime.ts';
import type { OptimeMessage } from '../../wire/backup-messages.ts';

/** An optime as messages and the API write it. */
export function optimeMessageOf({ ts, term }: Optime): OptimeMessage {
  return { ts: timestampText(ts), term };
}

export function optimeOrNull(optime: Optime | null): OptimeMessage | null {
  return optime === null ? null : optimeMessageOf(optime);
}

/** Seconds since 1970 of a timestamp as text. */
export function secondsOf(ts: string): number {
  return Number(parseTimestamp(ts) >> 32n);
}
