import { expect, test } from '@jest/globals';
import { generatePaymentNumber } from '../../src/composition/payment-numbers.js';

const AT = new Date('2026-11-26T12:00:00.123Z');

test('a generated payment number is a UUID of version 7 in 32 digits: its first 48 bits are the time in milliseconds', () => {
  const number = generatePaymentNumber(AT);
  expect(number).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  expect(new Date(Number.parseInt(number.slice(0, 12), 16))).toEqual(AT);
});

test('numbers of later milliseconds come later in an index, and those of one millisecond differ', () => {
  const times = [0, 1, 255, 256, 4_096, 1e12].map((ms) => new Date(AT.getTime() + ms));
  const numbers = times.map(generatePaymentNumber);
  expect(numbers.toSorted()).toEqual(numbers);
  expect(new Set(Array.from({ length: 10_000 }, () => generatePaymentNumber(AT))).size).toBe(10_000);
});
