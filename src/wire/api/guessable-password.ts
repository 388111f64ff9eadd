/** What people make passwords of, and so what is tried first: words of the lists of stolen passwords, in lower case. */
const words = new Set(
  `password passwort passw0rd passwd pass pwd secret geheim letmein welcome willkommen hello hallo access login user admin
administrator root toor master test testing demo default changeme change temp temporary guest public system server service
support manager office company work home house family mother father mom dad mama papa baby babe boy girl man woman king queen prince princess
love loves lover iloveyou loveyou loveme teamo teiubesc you me my mine the and for forever always together friend friends bestfriend
sunshine sun moon star stars rainbow flower flowers rose summer winter spring autumn fall monday friday sunday january february march april may june july
august september october november december red blue green black white yellow orange purple pink silver gold golden
football fussball soccer baseball basketball hockey golf tennis liverpool chelsea arsenal barcelona realmadrid juventus manchester united yankees lakers
cowboys steelers eagles rangers dragon tiger lion monkey horse dog cat puppy kitty pussy bear wolf eagle shark snake spider spiderman batman superman
ironman starwars skywalker vader matrix pokemon pikachu naruto ninja samurai mustang ferrari porsche mercedes corvette harley honda toyota yamaha
michael michelle jennifer jessica jordan ashley amanda andrea andrew daniel danielle david robert thomas charlie george william james john johnny joseph
joshua justin matthew nicole samantha sophie stephanie elizabeth victoria alexander alexandra anthony antonio benjamin brandon brian christian christopher
maria marie martin maggie buster hunter jackson killer thunder shadow angel angels devil heaven jesus christ god faith church
freedom liberty america american england canada india pakistan london paris berlin newyork california texas florida computer internet google
facebook myspace twitter linkedin samsung apple microsoft windows linux oracle mysql mongo mongodb mongod database backup monitor leafward security
qwerty qwertz azerty asdf zxcvbn money cash rich dollar trust trustno nothing something whatever fuck fucker fuckyou fuckoff bitch sexy hot cool big bad
good lucky luck happy smile music guitar metallica nirvana slipknot eminem tupac chocolate cookie cookies cheese banana pepper ginger butter
number one two three four five six seven eight nine zero abc xyz blink matrix gateway phoenix merlin genesis dolphin diamond crystal cherry lovely creative`.split(
    /\s+/,
  ),
);
const longestWord = Math.max(...[...words].map(({ length }) => length));

/** Rows of keyboards and of alphabets: fingers and heads run along them. */
const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  'qazwsxedcrfvtgbyhnujmikolp',
  '!@#$%^&*()',
].flatMap((row) => [row, row.split('').toReversed().join('')]);

const likeLetters: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
/** So many pieces of what everybody uses make no password. */
const fewPieces = 3;

/**
 * Whether a password is made of three pieces or fewer that everybody uses: a word (also with 3 for e), a run along a row, a
 * number of up to eight digits, one thing said again and again. A character that is in none of these is a piece by itself.
 */
export function isGuessable(password: string): boolean {
  const text = password.normalize('NFKC').toLowerCase();
  if (new Set(text).size <= 3) return true;
  const letters = text.replaceAll(/[013457@$!]/g, (sign) => likeLetters[sign] ?? sign);
  const fewest: number[] = [0];
  for (let end = 1; end <= text.length; end++) {
    let best = (fewest[end - 1] ?? end) + 1;
    for (let start = Math.max(0, end - Math.max(longestWord, 60)); start < end - 1; start++) {
      const before = fewest[start] ?? start;
      if (before + 1 < best && isPiece(text.slice(start, end), letters.slice(start, end))) best = before + 1;
    }
    fewest[end] = best;
  }
  return (fewest[text.length] ?? 0) <= fewPieces;
}

function isPiece(text: string, letters: string): boolean {
  if (words.has(text) || words.has(letters)) return true;
  if (/^\d{2,8}$/.test(text)) return true;
  if (text.length >= 3 && rows.some((row) => row.includes(text))) return true;
  return saysAgain(text);
}

/** `abab`, `123123`, `aaaa`: one thing of up to six characters, again and again. */
function saysAgain(text: string): boolean {
  for (let unit = 1; unit <= 6 && unit * 2 <= text.length; unit++) {
    if (text.length % unit === 0 && text === text.slice(0, unit).repeat(text.length / unit)) return true;
  }
  return false;
}
