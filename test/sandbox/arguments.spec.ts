import { expect, test } from '@jest/globals';
import { Advice } from '../../src/sandbox/advice.js';
import { HELP, parsePlay } from '../../src/sandbox/arguments.js';
import { SIGNERS } from '../../src/sandbox/gateways/registry.js';

test('a gateway is the only argument that is required', () => {
  expect(parsePlay(['pay', 'stripe'])).toMatchObject({
    gateway: 'stripe',
    times: 1,
    concurrency: 1,
    status: 'succeeded',
    total: '100.00',
    amount: undefined,
    tamper: false,
    url: undefined,
    token: undefined,
  });
});

test('every option reaches the play', () => {
  const options =
    '--payment P1 --times 20 --concurrency 5 --amount 99.99 --currency eur --status failed --transaction T1 ' +
    '--event-id E1 --distinct --tamper --url http://127.0.0.1:3111/ --token other --total 50';
  expect(parsePlay(['pay', 'wechat-pay', ...options.split(' ')])).toEqual({
    gateway: 'wechat-pay',
    payment: 'P1',
    order: undefined,
    times: 20,
    concurrency: 5,
    amount: '99.99',
    currency: 'EUR',
    status: 'failed',
    transaction: 'T1',
    eventId: 'E1',
    refundNumber: undefined,
    distinct: true,
    tamper: true,
    url: 'http://127.0.0.1:3111',
    token: 'other',
    total: '50',
  });
});

test('the option for help may be anywhere, and the help names every option', () => {
  expect(parsePlay(['--help'])).toBe('help');
  expect(parsePlay(['pay', 'stripe', '-h'])).toBe('help');
  for (const option of [
    '--order',
    '--times',
    '--tamper',
    '--distinct',
    '--event-id',
    '--refund-number',
    '--token',
  ])
    expect(HELP).toContain(option);
});

test.each([
  [[], 'Say what to play: npm run sandbox -- pay <gateway>'],
  [['refund', 'stripe'], 'Say what to play'],
  [['pay', 'stripe', 'alipay'], 'Say what to play'],
  [['pay', 'paypal'], `There is no gateway "paypal". Choose one of ${Object.keys(SIGNERS).join(', ')}`],
  [['pay', 'toString'], 'There is no gateway "toString"'],
  [['pay', 'stripe', '--time', '2'], "Unknown option '--time'. All options are shown with --help."],
  [['pay', 'stripe', '--times', 'many'], '--times is a whole number from 1 to 10000.'],
  [['pay', 'stripe', '--times', '0'], '--times is a whole number from 1 to 10000.'],
  [['pay', 'stripe', '--concurrency', '257'], '--concurrency is a whole number from 1 to 256.'],
  [['pay', 'stripe', '--amount', '1e3'], '--amount is an amount such as 100.00.'],
  [['pay', 'stripe', '--currency', 'euro'], '--currency is a code of three letters such as CNY.'],
  [['pay', 'stripe', '--order', 'a/b'], '--order is a number of 1 to 64 letters, digits, _ or -.'],
  [['pay', 'stripe', '--order', '1', '--payment', '2'], 'Give either --payment or --order'],
  [
    ['pay', 'alipay', '--status', 'failed'],
    'The sandbox plays no "failed" of alipay. Choose one of succeeded, processing, cancelled, refund.',
  ],
  [['pay', 'alipay', '--refund-number', 'R1'], '--refund-number is for --status refund only.'],
  [
    ['pay', 'stripe', '--status', 'refund', '--refund-number', 'R1'],
    'stripe reports no number of a refund: leave --refund-number out.',
  ],
  [['pay', 'stripe', '--url', 'localhost:3000'], '--url is an address such as http://127.0.0.1:3000.'],
])('%j is refused with what to write instead', (args, advice) => {
  expect(() => parsePlay(args)).toThrow(Advice);
  expect(() => parsePlay(args)).toThrow(advice);
});
