import type { RandomSource } from './random-source.ts';
import { Zipf } from './zipf.ts';

const onsets = 'b c d f g h j k l m n p r s t v w z br ch cl cr dr fl gr pl pr sh sl st str th tr'.split(' ');
const vowels = 'a e i o u a e i o ai ea ee ie oo ou'.split(' ');
const codas = ['', '', '', '', 'n', 'r', 's', 't', 'l', 'd', 'm', 'nd', 'st', 'ng', 'rs', 'ck'];

/** Distinct words of one to four syllables that can be spoken; frequent ones, at the front, tend to be short. */
function makeWords(random: RandomSource, count: number): string[] {
  const words = new Set<string>();
  while (words.size < count) {
    const longest = words.size < 150 ? 1 : words.size < 2000 ? 2 : 4;
    const syllables = 1 + random.below(longest);
    words.add(Array.from({ length: syllables }, () => syllable(random)).join(''));
  }
  return [...words];
}

function syllable(random: RandomSource): string {
  return `${random.pick(onsets)}${random.pick(vowels)}${random.pick(codas)}`;
}

/** Sentences of words as frequent as those of a language are. */
export class Prose {
  readonly #random: RandomSource;
  readonly #words: readonly string[];
  readonly #zipf: Zipf;

  constructor(random: RandomSource, vocabulary: number) {
    this.#random = random;
    this.#words = makeWords(random, vocabulary);
    this.#zipf = new Zipf(vocabulary);
  }

  word(): string {
    return this.#words[this.#zipf.pick(this.#random)] ?? '';
  }

  words(count: number): string {
    return Array.from({ length: count }, () => this.word()).join(' ');
  }

  title(count: number): string {
    return Array.from({ length: count }, () => capital(this.word())).join(' ');
  }

  sentence(): string {
    return `${capital(this.words(5 + this.#random.below(14)))}${this.#random.pick(['.', '.', '.', '!', '?'])}`;
  }
}

function capital(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}
