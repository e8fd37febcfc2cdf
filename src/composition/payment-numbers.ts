import { randomUUID } from 'node:crypto';

/**
 * The 32 hexadecimal digits of a UUID of version 7: 48 bits of Unix milliseconds, then 74 random bits.
 *
 * Numbers of one time are neighbours in every index that has them, so the pages that new payments need stay in memory, however many
 * payments there are. The time hides nothing and needs no hiding: the payment shows when it was created. Nobody can guess the rest.
 */
export function generatePaymentNumber(at: Date): string {
  const milliseconds = at.getTime().toString(16).padStart(12, '0');
  // The last 19 digits of a version 4 are those of a version 7: random, with the variant at the same place.
  return `${milliseconds}7${randomUUID().replaceAll('-', '').slice(13)}`;
}
