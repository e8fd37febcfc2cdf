const FEWEST_CHARACTERS = 16;
const FEWEST_DIFFERENT = 6;

/** What people write where they have no secret at hand. What is left of a token without these words must be long enough to be one. */
const KNOWN_WORDS =
  /dev-?token|change-?me|passwo?r?d|secret|token|admin|operator|viewer|quittance|example|default|letmein|qwerty(?:uiop)?|asdf(?:ghjkl)?|zxcv(?:bnm)?|test|123\d*/gi;
const FEWEST_BESIDES_WORDS = 8;

/** Why other machines could guess a token, as a predicate such as "has fewer than 16 characters"; null where they could not. */
export function weaknessOf(token: string): string | null {
  if (token.length < FEWEST_CHARACTERS) return `has fewer than ${FEWEST_CHARACTERS} characters`;
  if (new Set(token).size < FEWEST_DIFFERENT)
    return `has fewer than ${FEWEST_DIFFERENT} different characters`;
  if (isRepetition(token)) return 'repeats one pattern';
  if (isSequence(token)) return 'is a sequence such as abcdef or 123456';
  if (token.replace(KNOWN_WORDS, '').length < FEWEST_BESIDES_WORDS) return 'is made of well-known words';
  return null;
}

/** `abcabcab`: a shift by at most half of its length maps it onto itself. */
function isRepetition(token: string): boolean {
  const shifts = Array.from({ length: Math.floor(token.length / 2) }, (_, index) => index + 1);
  return shifts.some((shift) => token.startsWith(token.slice(shift)));
}

/** Most characters are neighbours of the one before. In a random token about one of thirty is. */
function isSequence(token: string): boolean {
  const codes = token.split('').map((character) => character.charCodeAt(0));
  const steps = codes.slice(1).map((code, index) => Math.abs(code - codes[index]!));
  return steps.filter((step) => step <= 1).length > steps.length * 0.6;
}
