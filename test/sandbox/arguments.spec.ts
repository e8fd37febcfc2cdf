import { expect, test } from '@jest/globals';
import { Advice } from '../../src/sandbox/advice.js';
import { HELP, parsePlay } from '../../src/sandbox/arguments.js';
import { STATUS_MEANINGS } from '../../src/sandbox/callback.js';
import { type PlayedGateway, SIGNERS } from '../../src/sandbox/gateways/registry.js';

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

const DISPUTES = [
  'dispute',
  'dispute_updated',
  'dispute_money_taken',
  'dispute_won',
  'dispute_lost',
] as const;
const NOT_PLAYED: readonly [PlayedGateway, string][] = [
  ['stripe', 'refund_abnormal'],
  ['standard-webhooks', 'refund_abnormal'],
  ['standard-webhooks', 'fraud_warning'],
  ['alipay', 'refund_failed'],
  ...(['wechat-pay', 'alipay'] as const).flatMap((gateway) =>
    [...DISPUTES, 'fraud_warning'].map((status): [PlayedGateway, string] => [gateway, status]),
  ),
];

test('the help says what each status means, and which gateway has a callback for it', () => {
  for (const [status, meaning] of Object.entries(STATUS_MEANINGS))
    expect(HELP).toMatch(new RegExp(`^ +${status} +${meaning}$`, 'm'));
  expect(HELP).toMatch(/^ +alipay +succeeded, processing, cancelled, refund$/m);
  expect(HELP).toMatch(/^ +stripe +all except refund_abnormal$/m);
});

test.each([
  [[], 'Say what to play: npm run sandbox -- pay <gateway>'],
  [['refund', 'stripe'], 'Say what to play'],
  [['pay', 'stripe', 'alipay'], 'Say what to play'],
  [
    ['pay', 'paypal'],
    `The sandbox plays no gateway "paypal". Choose one of ${Object.keys(SIGNERS).join(', ')}`,
  ],
  [['pay', 'toString'], 'The sandbox plays no gateway "toString"'],
  [['pay', 'stripe', '--time', '2'], "Unknown option '--time'. All options are shown with --help."],
  [['pay', 'stripe', '--times', 'many'], '--times must be a whole number from 1 to 10000, and it is "many".'],
  [['pay', 'stripe', '--times', '0'], '--times must be a whole number from 1 to 10000, and it is "0".'],
  [
    ['pay', 'stripe', '--concurrency', '257'],
    '--concurrency must be a whole number from 1 to 256, and it is "257".',
  ],
  [['pay', 'stripe', '--amount', '1e3'], '--amount must be an amount such as 100.00, and it is "1e3".'],
  [
    ['pay', 'stripe', '--currency', 'euro'],
    '--currency must be a code of three letters such as CNY, and it is "euro".',
  ],
  [
    ['pay', 'stripe', '--order', 'a/b'],
    '--order must have 1 to 64 letters, digits, _ or -, and it is "a/b".',
  ],
  [['pay', 'stripe', '--order', '1', '--payment', '2'], 'Give either --payment or --order'],
  [
    ['pay', 'alipay', '--status', 'failed'],
    'alipay has no callback for failed. For alipay, --status can be: succeeded, processing, cancelled, refund.',
  ],
  [
    ['pay', 'stripe', '--status', 'refnd'],
    'There is no status "refnd". For stripe, --status can be: succeeded, processing, failed, cancelled, dispute, ',
  ],
  ...NOT_PLAYED.map(([gateway, status]): [string[], string] => [
    ['pay', gateway, '--status', status],
    `${gateway} has no callback for ${status}. For ${gateway}, --status can be: succeeded, `,
  ]),
  [['pay', 'alipay', '--refund-number', 'R1'], '--refund-number is for refunds only.'],
  [
    ['pay', 'stripe', '--status', 'refund', '--refund-number', 'R1'],
    'The callbacks of stripe have no number of a refund. Leave --refund-number out.',
  ],
  [
    ['pay', 'stripe', '--url', 'localhost:3000'],
    '--url must be an address such as http://127.0.0.1:3000, and it is "localhost:3000".',
  ],
])('%j is refused with what to write instead', (args, advice) => {
  expect(() => parsePlay(args)).toThrow(Advice);
  expect(() => parsePlay(args)).toThrow(advice);
});
