// The numbers of the benchmark's payments and orders. They have the form of the numbers that Quittance generates: 32 hexadecimal digits
// that begin with a time. Twelve of the digits are computed from a counter: by this program, in SQL and in pgbench's expressions,
// none of which can format a hexadecimal number quickly. So these digits are decimal, and the others are fixed.
const PREFIX = '01a21';
const SUFFIX = '7c3f9a4d8e2b6f0';
const DIGITS = 12;

/** Time-ordered: the digits grow with the counter. Half of their range lies before the counter 0. */
const MIDDLE = 500_000_000_000n;

/** Spread over an index like random numbers: the numbers that versions before 0.4.0 generated. */
const SMALLEST = 100_000_000_000n;
const STEP = 61_803_398_863n;
/** A prime, so that all counters below it have different numbers. */
const MODULUS = 99_999_999_977n;
/** Added to a counter, so that no product is negative. With twice this value the products would exceed a bigint. */
const SHIFT = 100_001_000n;

/** The first counter of the history. The measured payments count from 0, so their numbers are later ones. */
export const FIRST_OF_HISTORY = -100_000_000;

/** Only the newest payments of the history get callbacks and events. Otherwise filling the tables would take much longer. */
export const WITH_CALLBACKS = 1_000_000;

/** Which numbers are used. It is an environment variable, because the processes and threads of the load generator inherit it. */
const VARIABLE = 'QUITTANCE_BENCH_NUMBERS';
export function useRandomNumbers() {
  process.env[VARIABLE] = 'random';
}
const areRandom = () => process.env[VARIABLE] === 'random';

export function digitsOf(index) {
  const counter = BigInt(index);
  return String(areRandom() ? SMALLEST + (((counter + SHIFT) * STEP) % MODULUS) : MIDDLE + counter);
}

/** The same as an expression of SQL and of pgbench, for an expression of the counter. Its value is a bigint. */
export function digitsExpression(index) {
  return areRandom() ? `${SMALLEST} + (${index} + ${SHIFT}) * ${STEP} % ${MODULUS}` : `${MIDDLE} + ${index}`;
}

export const numberOf = (index) => PREFIX + digitsOf(index) + SUFFIX;

/** The number as SQL, from the SQL of its digits as text; and the digits as SQL, from the SQL of a number. */
export const numberFrom = (digits) => `('${PREFIX}' || ${digits} || '${SUFFIX}')`;
export const digitsFrom = (number) => `substr(${number}, ${PREFIX.length + 1}, ${DIGITS})`;
