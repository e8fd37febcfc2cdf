const FEWEST_CHARACTERS = 16;
const FEWEST_DIFFERENT = 6;
/** What `weaknessOf` must estimate at least. `openssl rand -hex 16` has 128, six words that were drawn by lot have 66. */
const FEWEST_BITS = 56;

/** Why other machines could guess a token, as a predicate such as "has fewer than 16 characters"; null where they could not. */
export function weaknessOf(token: string): string | null {
  if (token.length < FEWEST_CHARACTERS) return `has fewer than ${FEWEST_CHARACTERS} characters`;
  if (new Set(token).size < FEWEST_DIFFERENT)
    return `has fewer than ${FEWEST_DIFFERENT} different characters`;
  const path = pathOf(token, FEWEST_BITS);
  return path && WEAKNESSES[mainKind(path)];
}

/** How many bits a guesser needs who knows words, patterns and the usual substitutions. Never more than for a token of random characters. */
export function estimatedBits(token: string): number {
  return pathOf(token, Infinity)!.bits;
}

const WEAKNESSES = {
  repeat: 'repeats one pattern',
  sequence: 'is a sequence such as abcdef or 123456',
  known: 'is made of well-known words',
  word: 'is made of words: at least six are needed, or random characters',
  character: 'has too few random characters',
} as const;

type Kind = keyof typeof WEAKNESSES;

interface Part {
  readonly kind: Kind;
  readonly length: number;
  readonly bits: number;
}

/** The parts of a token from its beginning to one place, and how many bits they have together. */
interface Path {
  readonly bits: number;
  readonly last: Part | null;
  readonly before: Path | null;
}

/** Of what most of the token consists. Of two equal kinds it is the one that is written first in the table. */
function mainKind(path: Path): Kind {
  const covered = { repeat: 0, sequence: 0, known: 0, word: 0, character: 0 } satisfies Record<Kind, number>;
  for (let each: Path | null = path; each?.last; each = each.before)
    covered[each.last.kind] += each.last.length;
  const kinds = Object.keys(WEAKNESSES) as Kind[];
  const guessable = kinds.filter((kind) => kind !== 'character' && covered[kind] > 0);
  return guessable.toSorted((one, other) => covered[other] - covered[one])[0] ?? 'character';
}

/** A token in the forms in which its parts are looked for. All have the same length. */
interface Forms {
  readonly plain: string;
  /** In lower case, without substitutions. */
  readonly folded: readonly string[];
  /** Without substitutions, in the case that the token has. */
  readonly unfolded: string;
  /** A random one of the kinds of characters that the token has. */
  readonly character: Part;
  /** Whether it may consist of nothing but words and numbers. */
  readonly isPhrase: boolean;
}

/** The parts by which the token is guessed with the fewest bits; null where these are `enough`, which most tokens show before their end. */
function pathOf(token: string, enough: number): Path | null {
  const forms = formsOf(token);
  const paths: Path[] = [{ bits: 0, last: null, before: null }];
  /** Beyond this place, every path has enough bits. */
  let cheapUntil = 0;
  for (let at = 0; at < token.length; at += 1) {
    if (at > cheapUntil) return null;
    const before = paths[at]!;
    for (const find of FINDERS) {
      const last = find(forms, at);
      if (!last) continue;
      const bits = before.bits + last.bits;
      const end = at + last.length;
      if (bits >= (paths[end]?.bits ?? Infinity)) continue;
      paths[end] = { bits, last, before };
      if (bits < enough) cheapUntil = Math.max(cheapUntil, end);
    }
  }
  return token.length > cheapUntil ? null : paths[token.length]!;
}

function formsOf(token: string): Forms {
  // Hexadecimal digits are no letters with substitutions, although half of them look so.
  const isHexadecimal = /^[\da-f-]+$/i.test(token);
  const [unfolded = token, other = token] = isHexadecimal
    ? []
    : [unsubstituted(token, 'i'), unsubstituted(token, 'l')];
  return {
    plain: token.toLowerCase(),
    folded: [...new Set([unfolded.toLowerCase(), other.toLowerCase()])],
    unfolded,
    character: { kind: 'character', length: 1, bits: Math.log2(alphabetOf(token)) },
    isPhrase: isPhrase(token, unfolded),
  };
}

const FINDERS: readonly ((forms: Forms, at: number) => Part | null)[] = [
  characterAt,
  repeatAt,
  sequenceAt,
  knownWordAt,
  wordAt,
];

const SEPARATOR_OF_PHRASE: Part = { kind: 'character', length: 1, bits: 1 };

function characterAt({ plain, isPhrase, character }: Forms, at: number): Part {
  return isPhrase && '-_.+/'.includes(plain[at]!) ? SEPARATOR_OF_PHRASE : character;
}

const SUBSTITUTED: Readonly<Record<string, string>> = {
  0: 'o',
  3: 'e',
  4: 'a',
  '@': 'a',
  5: 's',
  $: 's',
  7: 't',
};

/** `Pa55w0rd` is `Password`. A 1 stands for an i or an l. Four digits or more are a number. */
function unsubstituted(token: string, forOne: 'i' | 'l'): string {
  return token.replaceAll(/(?<!\d)\d{1,3}(?!\d)|[@$]/g, (signs) =>
    signs.replaceAll(/./g, (sign) => (sign === '1' ? forOne : (SUBSTITUTED[sign] ?? sign))),
  );
}

/** The kinds of characters that the token has, with their numbers. */
const CLASSES: readonly (readonly [RegExp, number])[] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/\d/, 10],
  [/[^a-zA-Z\d]/, 4],
];

function alphabetOf(token: string): number {
  return CLASSES.filter(([characters]) => characters.test(token)).reduce((sum, [, size]) => sum + size, 0);
}

const PATTERN_BITS = 6;
const SHORTEST_PATTERN = 4;

/** What the token has before this place already. */
function repeatAt({ folded: [text = ''] }: Forms, at: number): Part | null {
  let length = SHORTEST_PATTERN;
  if (at + length > text.length || text.indexOf(text.slice(at, at + length)) > at - length) return null;
  while (at + length < text.length && text.slice(0, at).includes(text.slice(at, at + length + 1)))
    length += 1;
  return { kind: 'repeat', length, bits: PATTERN_BITS };
}

/** Orders that everybody knows. The columns of a keyboard are one as well. */
const ORDERS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
];
/** Forwards and backwards. */
const IN_ORDER = ORDERS.flatMap((order) => [order, order.split('').toReversed().join('')]);
const BEGIN_IN_ORDER = new Set(
  IN_ORDER.flatMap((order) =>
    order
      .split('')
      .slice(SHORTEST_PATTERN - 1)
      .map((_, at) => order.slice(at, at + SHORTEST_PATTERN)),
  ),
);
/** One character again and again, or a year. */
const OTHER_SEQUENCE = /(.)\1{2,}|(?:19|20)\d\d/y;

function sequenceAt({ plain }: Forms, at: number): Part | null {
  let length = SHORTEST_PATTERN;
  if (!BEGIN_IN_ORDER.has(plain.slice(at, at + length))) length = lengthOf(OTHER_SEQUENCE, plain, at);
  else while (at + length < plain.length && isInOrder(plain.slice(at, at + length + 1))) length += 1;
  return length === 0 ? null : { kind: 'sequence', length, bits: PATTERN_BITS };
}

const isInOrder = (text: string): boolean => IN_ORDER.some((order) => order.includes(text));

/** What people write where they have no secret at hand. */
const KNOWN_WORDS = (
  'devtoken dev-token changeme change-me pass password passwort passphrase passwd secret token admin administrator operator viewer ' +
  'quittance example default letmein welcome login master server service payment payments gateway webhook webhooks callback stripe ' +
  'alipay wechat prod production staging development summer winter spring autumn dragon monkey test testing'
)
  .split(' ')
  .toSorted((one, other) => other.length - one.length);
const KNOWN_WORD_BITS = 8;

/** To ask at each place only for the few words that begin so. */
const KNOWN_BY_START = new Map<string, readonly string[]>();
for (const word of KNOWN_WORDS) {
  const start = word.slice(0, 3);
  KNOWN_BY_START.set(start, [...(KNOWN_BY_START.get(start) ?? []), word]);
}

function knownWordAt({ folded }: Forms, at: number): Part | null {
  for (const text of folded) {
    const words = KNOWN_BY_START.get(text.slice(at, at + 3));
    const word = words?.find((each) => text.startsWith(each, at));
    if (word) return { kind: 'known', length: word.length, bits: KNOWN_WORD_BITS };
  }
  return null;
}

/** Letters in the case of a word, and a shorter word between two separators. */
const WORD = /[A-Z]?[a-z]{3,}|[A-Z]{4,}/y;
const SHORT_WORD = /(?<![A-Za-z\d])(?:[A-Z]?[a-z]{1,2}|[A-Z]{1,3}|[a-z]{3})(?![A-Za-z\d])/y;
/** What a phrase may consist of. A word of four letters or more must look like one of a language, too. */
const IN_PHRASE = new RegExp(`${SHORT_WORD.source}|${WORD.source}|\\d+|[-_.+/!?]`, 'y');
const IS_WORD = /^[A-Za-z]{4}/;

/** A language has about 2 bits in a letter; the lists from which words are drawn by lot have 11 or more in a word. */
const LETTER_BITS = 2;
const WORD_BITS = 11;
/** Beside random characters, letters may look like a word by chance. */
const LETTER_BITS_BY_CHANCE = 3.5;

/** What looks like a word of a language, by its pairs of letters. */
function wordAt({ unfolded, plain, isPhrase }: Forms, at: number): Part | null {
  const short = isPhrase ? lengthOf(SHORT_WORD, unfolded, at) : 0;
  if (short > 0) return { kind: 'word', length: short, bits: short * LETTER_BITS };
  const length = lengthOf(WORD, unfolded, at);
  if (length === 0 || !looksLikeLanguage(unfolded.slice(at, at + length).toLowerCase())) return null;
  if (!isMostlyLetters(plain.slice(at, at + length))) return null;
  const each = isPhrase ? LETTER_BITS : LETTER_BITS_BY_CHANCE;
  return { kind: 'word', length, bits: Math.max(length * each, WORD_BITS) };
}

/** Letters of one case with separators may be any words: random tokens have more kinds of characters. */
function isPhrase(token: string, unfolded: string): boolean {
  if (!isMostlyLetters(token.toLowerCase())) return false;
  const isOneCase = /^(?:[a-z]+|[A-Z]+)$/.test(token.replaceAll(/[-_.+/]/g, ''));
  let inWords = 0;
  for (let at = 0; at < unfolded.length;) {
    const length = lengthOf(IN_PHRASE, unfolded, at);
    const part = unfolded.slice(at, at + length);
    const isWord = IS_WORD.test(part);
    if (length === 0 || (isWord && !isOneCase && !looksLikeLanguage(part.toLowerCase()))) return false;
    if (isWord) inWords += length;
    at += length;
  }
  return inWords >= unfolded.length / 2;
}

/** The pairs of letters of which English words mostly consist. In random letters, one pair of four is among them. */
const PAIRS = new Set(
  (
    'th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne ea ra ce li ' +
    'ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt ' +
    'po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl tu ev ld ry mp fe bl ab gh ty op wo sa ay ke fr oo av ag ap ' +
    'gr od bo sp do bu ov tt da cr cl ba ck rr ny my'
  ).split(' '),
);
const LIKE_LANGUAGE = 0.7;

function looksLikeLanguage(letters: string): boolean {
  let common = 0;
  for (let index = 1; index < letters.length; index += 1) {
    if (PAIRS.has(letters.slice(index - 1, index + 1))) common += 1;
  }
  return common >= (letters.length - 1) * LIKE_LANGUAGE;
}

/** People substitute some letters of a word. Where it is half of them, the digits are more likely random. */
function isMostlyLetters(text: string): boolean {
  return text.replaceAll(/[^a-z]/g, '').length >= text.length * 0.6;
}

/** How many characters the pattern, which is sticky, matches at this place. */
function lengthOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex - at : 0;
}
