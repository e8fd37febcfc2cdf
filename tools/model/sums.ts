/** An amount of a currency with two decimals, in its smallest unit. The law calculates by itself, not by the money of the service. */
export interface Sum {
  readonly cents: number;
  readonly currency: string;
}

/** Reads "100.00 CNY". Null for anything else. */
export function sumOf(text: unknown): Sum | null {
  const found = typeof text === 'string' ? /^(\d+)(?:\.(\d{1,2}))? ([A-Z]{3})$/.exec(text) : null;
  if (!found) return null;
  const [, whole, decimals = '', currency] = found;
  return { cents: Number(whole) * 100 + Number(decimals.padEnd(2, '0')), currency: currency! };
}

/** Reads the JSON of an amount. */
export const sumOfJson = (amount: unknown): Sum | null => {
  const { amount: decimal, currency } = (amount ?? {}) as { amount?: string; currency?: string };
  return sumOf(`${decimal} ${currency}`);
};

export const textOf = ({ cents, currency }: Sum): string =>
  `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')} ${currency}`;

export const totalIn = (sums: readonly Sum[], currency: string): number =>
  sums.reduce((total, each) => (each.currency === currency ? total + each.cents : total), 0);

/** The smallest in the currency of the first. */
export function leastOf(sums: readonly Sum[]): Sum | null {
  const [first] = sums;
  return sums.reduce<Sum | null>(
    (least, each) => (each.currency === least?.currency && each.cents < least.cents ? each : least),
    first ?? null,
  );
}
