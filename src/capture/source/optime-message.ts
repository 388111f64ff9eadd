import { type Optime, parseTimestamp, timestampText } from '../../model/optime.ts';
import type { OptimeMessage } from '../../wire/backup-messages.ts';

export function optimeMessageOf(optime: Optime): OptimeMessage {
  return { ts: timestampText(optime.ts), term: optime.term };
}

export function readOptimeMessage({ ts, term }: OptimeMessage): Optime {
  return { ts: parseTimestamp(ts), term };
}

export function sameOptime(a: Optime | null, b: Optime | null): boolean {
  return a === b || (a !== null && b !== null && a.ts === b.ts && a.term === b.term);
}
