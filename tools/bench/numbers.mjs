// The numbers of the benchmark's payments and orders. They are spread over an index like the random numbers of Quittance, but can
// be computed from a counter: by this program, in SQL and in pgbench's expressions.
const SMALLEST = 100_000_000_000n;
const STEP = 61_803_398_863n;
/** A prime, so that all counters below it have different numbers. */
const MODULUS = 99_999_999_977n;

/** The first counter of the history. With twice this value the product would exceed a bigint. */
export const FIRST_OF_HISTORY = 100_000_000;

export function numberOf(index) {
  return String(SMALLEST + ((BigInt(index) * STEP) % MODULUS));
}

/** The same as an expression of SQL and of pgbench, for an expression of the counter. */
export function numberExpression(index) {
  return `${SMALLEST} + ${index} * ${STEP} % ${MODULUS}`;
}
