// The numbers of the benchmark's payments and orders. Quittance makes random ones, which fall all over an index, and so do
// these; but what has an index can be found again, by this program, by SQL and by pgbench's arithmetic alike.
const SMALLEST = 100_000_000_000n;
const STEP = 61_803_398_863n;
/** A prime, so that no two indices below it have the same number. */
const MODULUS = 99_999_999_977n;

/** Where those that lay in the tables before the measure begin. Twice as far, and the product would not fit a bigint. */
export const FIRST_OF_HISTORY = 100_000_000;

export function numberOf(index) {
  return String(SMALLEST + ((BigInt(index) * STEP) % MODULUS));
}

/** The same in SQL and in pgbench's expressions, of an expression for the index. */
export function numberExpression(index) {
  return `${SMALLEST} + ${index} * ${STEP} % ${MODULUS}`;
}
