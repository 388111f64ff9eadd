import { countWords, severityWord } from '../delivery/notice.ts';
import type { Notice, NoticeItem } from '../delivery/ports.ts';
import { durationWords } from '../message.ts';
import type { Alert } from '../ports.ts';

/** A notice in plain words, for everything that people read. */
export interface NoticeWords {
  /** One line: "Bad: checkout-3 is down". */
  readonly headline: string;
  /** Sentences, each a paragraph. */
  readonly paragraphs: readonly string[];
  /** Name and value. */
  readonly facts: readonly (readonly [string, string])[];
  /** One line each, of several alerts. */
  readonly lines: readonly string[];
}

export function noticeWords(notice: Notice): NoticeWords {
  const { alert, kind, items = [], more = 0 } = notice;
  if (kind === 'test') {
    const paragraphs = ['This is a test. Alerts of this group arrive here.'];
    return { headline: 'Test of Leafward', paragraphs, facts: [], lines: [] };
  }
  if (alert !== null) {
    const headline = `${stateWord(notice)}: ${alert.title}`;
    return { headline, paragraphs: [alert.detail], facts: factsOf(alert, notice.atMs), lines: [] };
  }
  if (kind === 'alerts.manyClosed') {
    return { headline: 'Over: many alerts', paragraphs: ['None of them is open any more.'], facts: [], lines: [] };
  }
  const lines = [...items.map(lineOf), ...(more > 0 ? [`… and ${more} more: see the page`] : [])];
  return { headline: countWords(notice.counts), paragraphs: [], facts: [], lines };
}

function stateWord({ kind, alert, atMs }: Notice): string {
  if (alert === null) return '';
  if (kind === 'alert.closed') return 'Over';
  if (kind === 'alert.acknowledged') return `Acknowledged by ${alert.acknowledgedBy ?? 'somebody'}`;
  const open = kind === 'alert.repeated' ? `, open for ${durationWords(atMs - alert.openedAtMs)}` : '';
  return `${severityWord({ ...alert, state: 'open' })}${open}`;
}

function lineOf({ alert, atMs }: NoticeItem): string {
  const lasted = alert.closedAtMs === null ? '' : ` (lasted ${durationWords(alert.closedAtMs - alert.openedAtMs)})`;
  return `${clockWords(alert.closedAtMs ?? alert.openedAtMs, atMs)} ${severityWord(alert)}: ${alert.title}${lasted}`;
}

function factsOf(alert: Alert, atMs: number): readonly (readonly [string, string])[] {
  return [
    ['Rule', alert.ruleName],
    ['About', alert.subject.label],
    ['Since', clockWords(alert.openedAtMs, atMs)],
    ...(alert.closedAtMs === null ? [] : [['Lasted', durationWords(alert.closedAtMs - alert.openedAtMs)] as const]),
    ...(alert.note === null || alert.note === '' ? [] : [['Note', alert.note] as const]),
  ];
}

/** "14:03 UTC", with the day when it is another. */
function clockWords(ms: number, nowMs: number): string {
  const at = new Date(ms).toISOString();
  const day = at.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10) ? '' : `${at.slice(0, 10)} `;
  return `${day}${at.slice(11, 16)} UTC`;
}

/** At most so many characters, the last one an ellipsis when some were cut off. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
