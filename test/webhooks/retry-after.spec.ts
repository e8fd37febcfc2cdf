import { expect, test } from '@jest/globals';
import { retryAfterSeconds } from '../../src/adapters/webhooks/retry-after.js';

const NOW = Date.UTC(2026, 10, 23, 8);
const LATER = 'Mon, 23 Nov 2026 08:02:00 GMT';

test.each([
  ['0', 0],
  [' 120 ', 120],
  ['999999999999999', 999_999_999_999_999],
  [LATER, 120],
  ['Monday, 23-Nov-26 08:02:00 GMT', 120],
  ['Mon, 23 Nov 2026 07:00:00 GMT', 0],
])('Retry-After: %s asks for a pause of %i seconds', (text, seconds) => {
  expect(retryAfterSeconds({ 'retry-after': text }, NOW)).toBe(seconds);
});

test.each([
  undefined,
  '',
  '-1',
  '1.5',
  '1e3',
  '9'.repeat(16),
  'soon',
  'Mon, 99 Nov 2026 08:02:00 GMT',
  '2026-11-23T08:02:00Z',
])('Retry-After: %j asks for no pause', (text) => {
  expect(retryAfterSeconds(text === undefined ? {} : { 'retry-after': text }, NOW)).toBeUndefined();
});

test('a date is compared with the clock of the receiver, if the answer says its time', () => {
  const date = 'Mon, 23 Nov 2026 08:01:00 GMT';
  expect(retryAfterSeconds({ 'retry-after': LATER, date }, NOW)).toBe(60);
  expect(retryAfterSeconds({ 'retry-after': LATER, date: 'today' }, NOW)).toBe(120);
});
