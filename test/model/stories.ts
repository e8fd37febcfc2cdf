import type { Story } from '../../tools/model/story.js';

/** Stories that have broken the law once, each with the claim that it holds. */
export const STORIES: readonly (readonly [claim: string, story: Story])[] = [
  [
    'money that went back before its success has no open case but the one that says so',
    [
      { do: 'place', order: 0, total: '100.00 CNY' },
      { do: 'open', payment: 0, order: 0, gateway: 0, seconds: 60 },
      {
        do: 'notify',
        said: [
          { event: 4, gateway: 0, kind: 'succeeded', payment: 0, transaction: 3, money: '100.00 CNY' },
          {
            event: 5,
            gateway: 0,
            kind: 'refund',
            payment: 0,
            transaction: 0,
            money: '100.00 CNY',
            refund: { number: 1, id: 1, amount: '40.00 CNY', status: 'processing', cumulative: null, at: 30 },
          },
        ],
      },
      {
        do: 'resolve',
        nth: 0,
        open: true,
        resolution: 'refunded_elsewhere',
        amount: '100.00 CNY',
        reference: 0,
        payment: null,
      },
      {
        do: 'notify',
        said: [{ event: 16, gateway: 0, kind: 'succeeded', payment: 0, transaction: 0, money: '100.00 CNY' }],
      },
    ],
  ],
  [
    'a smaller amount that joins an open case does not end it, although so much has gone back',
    [
      {
        do: 'notify',
        said: [{ event: 10, gateway: 0, kind: 'succeeded', payment: 0, transaction: 0, money: '150.00 CNY' }],
      },
      {
        do: 'resolve',
        nth: 0,
        open: true,
        resolution: 'refunded_elsewhere',
        amount: '100.00 CNY',
        reference: 0,
        payment: null,
      },
      {
        do: 'notify',
        said: [{ event: 16, gateway: 0, kind: 'succeeded', payment: 0, transaction: 0, money: '100.00 CNY' }],
      },
    ],
  ],
  [
    'a case beside money whose finding joins another case names that case as its successor',
    [
      { do: 'place', order: 1, total: '60.00 CNY' },
      { do: 'open', payment: 1, order: 1, gateway: 0, seconds: 1800 },
      {
        do: 'notify',
        said: [{ event: 0, gateway: 0, kind: 'succeeded', payment: 1, transaction: 0, money: '100.00 CNY' }],
      },
      {
        do: 'notify',
        said: [
          {
            event: 1,
            gateway: 0,
            kind: 'refund',
            payment: null,
            transaction: 0,
            money: '100.00 CNY',
            refund: {
              number: 1,
              id: null,
              amount: '30.00 CNY',
              status: 'succeeded',
              cumulative: null,
              at: 30,
            },
          },
        ],
      },
      {
        do: 'store',
        said: {
          event: 3,
          gateway: 0,
          kind: 'refund',
          payment: null,
          transaction: 0,
          money: '100.00 CNY',
          refund: {
            number: null,
            id: 2,
            amount: '150.00 CNY',
            status: 'processing',
            cumulative: null,
            at: null,
          },
        },
        as: 'undeliverable',
      },
      { do: 'replay', nth: 2 },
    ],
  ],
  [
    'money that was attached to another payment and back is not lost when it is accepted',
    [
      { do: 'place', order: 0, total: '60.00 CNY' },
      { do: 'open', payment: 1, order: 0, gateway: 0, seconds: 1800 },
      { do: 'open', payment: 2, order: 0, gateway: 0, seconds: 1800 },
      {
        do: 'notify',
        said: [{ event: 0, gateway: 0, kind: 'succeeded', payment: 2, transaction: 2, money: '100.00 CNY' }],
      },
      { do: 'resolve', nth: 0, open: true, resolution: 'attach', amount: null, reference: null, payment: 1 },
      { do: 'resolve', nth: 0, open: true, resolution: 'attach', amount: null, reference: null, payment: 2 },
      {
        do: 'resolve',
        nth: 0,
        open: true,
        resolution: 'accept',
        amount: null,
        reference: null,
        payment: null,
      },
    ],
  ],
  [
    'money of 0.00 that is refunded elsewhere causes no fault',
    [
      {
        do: 'notify',
        said: [{ event: 2, gateway: 0, kind: 'succeeded', payment: 0, transaction: 1, money: '0.00 CNY' }],
      },
      {
        do: 'resolve',
        nth: 0,
        open: true,
        resolution: 'refunded_elsewhere',
        amount: null,
        reference: 2,
        payment: null,
      },
    ],
  ],
  [
    'two callbacks of one batch that say the same open one case and announce it once',
    [
      { do: 'place', order: 1, total: '100.00 CNY' },
      { do: 'open', payment: 3, order: 1, gateway: 0, seconds: 1800 },
      {
        do: 'notify',
        said: [
          { event: 6, gateway: 0, kind: 'succeeded', payment: 3, transaction: 1, money: '100.00 CNY' },
          { event: 7, gateway: 0, kind: 'succeeded', payment: 2, transaction: 1, money: '100.00 CNY' },
          { event: 8, gateway: 0, kind: 'succeeded', payment: 2, transaction: 1, money: '100.00 CNY' },
        ],
      },
    ],
  ],
  [
    'a dispute that its gateway names with two transactions is one dispute',
    [
      {
        do: 'notify',
        said: [
          {
            event: 3,
            gateway: 1,
            kind: 'dispute',
            payment: 1,
            transaction: 0,
            money: '100.00 USD',
            dispute: {
              kind: 'dispute',
              id: 1,
              amount: '40.00 USD',
              status: 'under_review',
              moneyTaken: null,
              at: 10,
            },
          },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 12,
            gateway: 1,
            kind: 'dispute',
            payment: null,
            transaction: 1,
            money: '60.00 CNY',
            dispute: {
              kind: 'dispute',
              id: 1,
              amount: '40.00 USD',
              status: 'under_review',
              moneyTaken: false,
              at: 20,
            },
          },
        ],
      },
    ],
  ],
  [
    'a case that a refund without a name has ended names a refund that exists',
    [
      {
        do: 'notify',
        said: [
          {
            event: 3,
            gateway: 0,
            kind: 'refund',
            payment: 3,
            transaction: 0,
            money: '100.00 CNY',
            refund: {
              number: null,
              id: null,
              amount: null,
              status: 'succeeded',
              cumulative: '100.00 CNY',
              at: 40,
            },
          },
        ],
      },
      {
        do: 'notify',
        said: [{ event: 5, gateway: 0, kind: 'succeeded', payment: 3, transaction: 0, money: '100.00 CNY' }],
      },
      {
        do: 'notify',
        said: [
          {
            event: 6,
            gateway: 0,
            kind: 'refund',
            payment: null,
            transaction: 0,
            money: '100.00 CNY',
            refund: {
              number: null,
              id: 2,
              amount: '150.00 CNY',
              status: 'succeeded',
              cumulative: null,
              at: 10,
            },
          },
        ],
      },
    ],
  ],
  [
    'a refund that still runs takes nothing away from the sum that has gone back',
    [
      {
        do: 'notify',
        said: [{ event: 15, gateway: 0, kind: 'succeeded', payment: 0, transaction: 1, money: '100.00 CNY' }],
      },
      {
        do: 'notify',
        said: [
          {
            event: 9,
            gateway: 0,
            kind: 'refund',
            payment: 0,
            transaction: 1,
            money: '100.00 USD',
            refund: {
              number: null,
              id: null,
              amount: null,
              status: 'succeeded',
              cumulative: '100.00 CNY',
              at: 20,
            },
          },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 16,
            gateway: 0,
            kind: 'refund',
            payment: 0,
            transaction: 1,
            money: '100.00 CNY',
            refund: { number: 1, id: 1, amount: '40.00 CNY', status: 'processing', cumulative: null, at: 20 },
          },
        ],
      },
    ],
  ],
  [
    'a success for another merchant has an owner while a refund of its money still runs',
    [
      { do: 'place', order: 1, total: '60.00 CNY' },
      { do: 'open', payment: 1, order: 1, gateway: 0, seconds: 1800 },
      {
        do: 'notify',
        said: [
          {
            event: 0,
            gateway: 0,
            kind: 'refund',
            payment: null,
            transaction: 0,
            money: '60.00 CNY',
            refund: {
              number: 2,
              id: 2,
              amount: '100.00 CNY',
              status: 'processing',
              cumulative: null,
              at: 50,
            },
          },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 2,
            gateway: 0,
            kind: 'succeeded',
            payment: 1,
            transaction: 0,
            money: '100.00 CNY',
            foreign: true,
          },
        ],
      },
    ],
  ],
  [
    'a refund that is named by its number, then by both, then by its id is one refund',
    [
      {
        do: 'notify',
        said: [
          {
            event: 2,
            gateway: 1,
            kind: 'refund',
            payment: 0,
            transaction: 1,
            money: '99.00 CNY',
            refund: {
              number: 1,
              id: null,
              amount: '100.00 CNY',
              status: 'succeeded',
              cumulative: null,
              at: 20,
            },
          },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 5,
            gateway: 1,
            kind: 'refund',
            payment: null,
            transaction: 1,
            money: '100.00 CNY',
            refund: {
              number: 1,
              id: 1,
              amount: '40.00 CNY',
              status: 'succeeded',
              cumulative: null,
              at: 20,
            },
          },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 9,
            gateway: 1,
            kind: 'refund',
            payment: 0,
            transaction: 1,
            money: '100.00 CNY',
            refund: { number: null, id: 1, amount: '60.00 CNY', status: 'failed', cumulative: null, at: 20 },
          },
        ],
      },
    ],
  ],
  [
    'refunds that exceed a piece of money because its amount has changed are a case',
    [
      {
        do: 'notify',
        said: [
          { event: 3, gateway: 0, kind: 'succeeded', payment: 3, transaction: 0, money: '100.00 CNY' },
          {
            event: 5,
            gateway: 0,
            kind: 'succeeded',
            payment: 3,
            transaction: 0,
            money: '60.00 CNY',
            refund: {
              number: 0,
              id: 0,
              amount: '100.00 CNY',
              status: 'abnormal',
              cumulative: '40.00 CNY',
              at: 40,
            },
          },
        ],
      },
    ],
  ],
  [
    'a sum of refunds in another currency takes nothing away from the sum before',
    [
      {
        do: 'notify',
        said: [
          {
            event: 2,
            gateway: 0,
            kind: 'refund',
            payment: null,
            transaction: 0,
            money: '60.00 CNY',
            refund: {
              number: null,
              id: null,
              amount: null,
              status: 'succeeded',
              cumulative: '100.00 CNY',
              at: 20,
            },
          },
          { event: 3, gateway: 0, kind: 'succeeded', payment: 1, transaction: 0, money: '100.00 CNY' },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 7,
            gateway: 0,
            kind: 'refund',
            payment: 1,
            transaction: 0,
            money: '60.00 CNY',
            refund: {
              number: null,
              id: null,
              amount: null,
              status: 'succeeded',
              cumulative: '40.00 USD',
              at: 50,
            },
          },
        ],
      },
    ],
  ],
  [
    'an order follows the amount that has paid it, not an amount that was named before',
    [
      { do: 'place', order: 0, total: '100.00 CNY' },
      { do: 'open', payment: 0, order: 0, gateway: 0, seconds: 1800 },
      {
        do: 'notify',
        said: [{ event: 2, gateway: 0, kind: 'succeeded', payment: 0, transaction: 0, money: '60.00 CNY' }],
      },
      {
        do: 'notify',
        said: [
          { event: 4, gateway: 0, kind: 'succeeded', payment: 0, transaction: 0, money: '100.00 CNY' },
          {
            event: 6,
            gateway: 0,
            kind: 'refund',
            payment: 3,
            transaction: 0,
            money: '100.00 CNY',
            refund: {
              number: null,
              id: null,
              amount: null,
              status: 'succeeded',
              cumulative: '60.00 CNY',
              at: 50,
            },
          },
        ],
      },
    ],
  ],
  [
    'a failed refund that is reported again with a sum gives nothing back',
    [
      {
        do: 'notify',
        said: [
          {
            event: 3,
            gateway: 0,
            kind: 'refund',
            payment: 0,
            transaction: 0,
            money: '100.00 CNY',
            refund: { number: 0, id: 0, amount: '30.00 CNY', status: 'succeeded', cumulative: null, at: 20 },
          },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 4,
            gateway: 0,
            kind: 'refund',
            payment: 0,
            transaction: 0,
            money: '100.00 CNY',
            refund: {
              number: 0,
              id: 0,
              amount: '30.00 CNY',
              status: 'failed',
              cumulative: '30.00 CNY',
              at: null,
            },
          },
        ],
      },
      { do: 'echo' },
    ],
  ],
  [
    'a batch may have a success and a refund that names the payment alone',
    [
      { do: 'place', order: 1, total: '100.00 CNY' },
      { do: 'open', payment: 0, order: 1, gateway: 0, seconds: 60 },
      {
        do: 'notify',
        said: [
          { event: 4, gateway: 0, kind: 'succeeded', payment: 0, transaction: 2, money: '100.00 CNY' },
          {
            event: 5,
            gateway: 0,
            kind: 'refund',
            payment: 0,
            transaction: null,
            money: '100.00 CNY',
            refund: { number: 1, id: null, amount: '60.00 CNY', status: 'failed', cumulative: null, at: 30 },
          },
        ],
      },
    ],
  ],
  [
    'every change of what has gone back is announced',
    [
      { do: 'place', order: 1, total: '100.00 CNY' },
      { do: 'open', payment: 0, order: 1, gateway: 0, seconds: 1800 },
      {
        do: 'notify',
        said: [
          {
            event: 5,
            gateway: 0,
            kind: 'refund',
            payment: 3,
            transaction: 0,
            money: '150.00 CNY',
            refund: {
              number: 0,
              id: null,
              amount: '30.00 CNY',
              status: 'processing',
              cumulative: '40.00 CNY',
              at: 50,
            },
          },
        ],
      },
      {
        do: 'notify',
        said: [{ event: 3, gateway: 0, kind: 'succeeded', payment: 0, transaction: 0, money: '100.00 CNY' }],
      },
      {
        do: 'notify',
        said: [
          {
            event: 15,
            gateway: 0,
            kind: 'refund',
            payment: 0,
            transaction: 0,
            money: '100.00 CNY',
            refund: { number: 0, id: 0, amount: '30.00 CNY', status: 'failed', cumulative: null, at: 30 },
          },
        ],
      },
    ],
  ],
  [
    'money whose sum of refunds goes down has an owner',
    [
      {
        do: 'notify',
        said: [{ event: 1, gateway: 0, kind: 'succeeded', payment: 0, transaction: 2, money: '100.00 CNY' }],
      },
      {
        do: 'notify',
        said: [
          {
            event: 6,
            gateway: 0,
            kind: 'refund',
            payment: null,
            transaction: 2,
            money: '99.00 CNY',
            refund: {
              number: null,
              id: null,
              amount: null,
              status: 'succeeded',
              cumulative: '100.00 CNY',
              at: 30,
            },
          },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 9,
            gateway: 0,
            kind: 'succeeded',
            payment: 0,
            transaction: 2,
            money: '100.00 CNY',
            refund: {
              number: null,
              id: null,
              amount: null,
              status: 'succeeded',
              cumulative: '30.00 CNY',
              at: 50,
            },
          },
        ],
      },
    ],
  ],
  [
    'an explanation of a report that names the payment alone knows what is known of its money',
    [
      {
        do: 'notify',
        said: [
          {
            event: 0,
            gateway: 0,
            kind: 'refund',
            payment: null,
            transaction: 1,
            money: '100.00 CNY',
            refund: { number: 2, id: 2, amount: '40.00 CNY', status: 'processing', cumulative: null, at: 30 },
          },
        ],
      },
      { do: 'place', order: 1, total: '100.00 CNY' },
      { do: 'open', payment: 0, order: 1, gateway: 0, seconds: 1800 },
      {
        do: 'notify',
        said: [{ event: 1, gateway: 0, kind: 'succeeded', payment: 0, transaction: 2, money: '100.00 CNY' }],
      },
      {
        do: 'notify',
        said: [
          {
            event: 2,
            gateway: 0,
            kind: 'refund',
            payment: 0,
            transaction: null,
            money: '60.00 CNY',
            refund: {
              number: 2,
              id: null,
              amount: '60.00 CNY',
              status: 'abnormal',
              cumulative: null,
              at: 10,
            },
          },
        ],
      },
      { do: 'replay', nth: 2 },
    ],
  ],
  [
    'a success for a payment of another gateway reports no refund',
    [
      { do: 'place', order: 0, total: '100.00 CNY' },
      { do: 'open', payment: 1, order: 0, gateway: 1, seconds: 1800 },
      {
        do: 'notify',
        said: [
          {
            event: 0,
            gateway: 0,
            kind: 'refund',
            payment: 3,
            transaction: 0,
            money: '100.00 CNY',
            refund: { number: 0, id: 0, amount: '30.00 CNY', status: 'abnormal', cumulative: null, at: 30 },
          },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 10,
            gateway: 0,
            kind: 'refund',
            payment: 3,
            transaction: 0,
            money: '100.00 CNY',
            refund: {
              number: null,
              id: 2,
              amount: '100.00 CNY',
              status: 'succeeded',
              cumulative: null,
              at: 10,
            },
          },
          {
            event: 11,
            gateway: 0,
            kind: 'succeeded',
            payment: 1,
            transaction: 0,
            money: '99.00 CNY',
            refund: {
              number: 0,
              id: 0,
              amount: '150.00 CNY',
              status: 'succeeded',
              cumulative: '150.00 CNY',
              at: 50,
            },
          },
        ],
      },
    ],
  ],
  [
    'refunds that exceed a piece since a smaller amount of it is known are a case',
    [
      {
        do: 'notify',
        said: [
          { event: 3, gateway: 0, kind: 'succeeded', payment: 3, transaction: 0, money: '100.00 CNY' },
          {
            event: 5,
            gateway: 0,
            kind: 'succeeded',
            payment: 3,
            transaction: 0,
            money: '60.00 CNY',
            refund: {
              number: 0,
              id: 0,
              amount: '100.00 CNY',
              status: 'abnormal',
              cumulative: '40.00 CNY',
              at: 40,
            },
          },
        ],
      },
    ],
  ],
  [
    'a refund in another currency than the money that has settled is a case',
    [
      { do: 'place', order: 0, total: '100.00 CNY' },
      { do: 'open', payment: 0, order: 0, gateway: 0, seconds: 1800 },
      {
        do: 'notify',
        said: [{ event: 0, gateway: 0, kind: 'succeeded', payment: 0, transaction: 0, money: '100.00 USD' }],
      },
      {
        do: 'notify',
        said: [
          {
            event: 1,
            gateway: 0,
            kind: 'refund',
            payment: 0,
            transaction: 0,
            money: '100.00 USD',
            refund: {
              number: null,
              id: 0,
              amount: '40.00 USD',
              status: 'succeeded',
              cumulative: null,
              at: 20,
            },
          },
        ],
      },
      {
        do: 'notify',
        said: [{ event: 2, gateway: 0, kind: 'succeeded', payment: 0, transaction: 0, money: '100.00 CNY' }],
      },
    ],
  ],
  [
    'money that had gone back by the sum of the gateway has a case if that sum becomes less',
    [
      {
        do: 'notify',
        said: [{ event: 1, gateway: 0, kind: 'succeeded', payment: 0, transaction: 2, money: '100.00 CNY' }],
      },
      {
        do: 'notify',
        said: [
          {
            event: 6,
            gateway: 0,
            kind: 'refund',
            payment: null,
            transaction: 2,
            money: '99.00 CNY',
            refund: {
              number: null,
              id: null,
              amount: null,
              status: 'succeeded',
              cumulative: '100.00 CNY',
              at: 30,
            },
          },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 9,
            gateway: 0,
            kind: 'succeeded',
            payment: 0,
            transaction: 2,
            money: '100.00 CNY',
            refund: {
              number: null,
              id: null,
              amount: null,
              status: 'succeeded',
              cumulative: '30.00 CNY',
              at: 50,
            },
          },
        ],
      },
    ],
  ],
  [
    'the case of a failed refund stays open for the rest if a part of it is refunded elsewhere',
    [
      {
        do: 'notify',
        said: [
          {
            event: 8,
            gateway: 0,
            kind: 'refund',
            payment: null,
            transaction: 0,
            money: '100.00 USD',
            refund: {
              number: 0,
              id: 0,
              amount: '100.00 CNY',
              status: 'succeeded',
              cumulative: '100.00 CNY',
              at: 40,
            },
          },
          { event: 10, gateway: 0, kind: 'succeeded', payment: 1, transaction: 0, money: '100.00 CNY' },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 17,
            gateway: 0,
            kind: 'refund',
            payment: null,
            transaction: 0,
            money: '60.00 CNY',
            refund: {
              number: 0,
              id: 0,
              amount: '40.00 USD',
              status: 'failed',
              cumulative: null,
              at: null,
            },
          },
        ],
      },
      {
        do: 'resolve',
        nth: 0,
        open: true,
        resolution: 'refunded_elsewhere',
        amount: '60.00 CNY',
        reference: 3,
        payment: null,
      },
    ],
  ],
  [
    'a refund that fails has a case, also while another one of all the money is under way',
    [
      {
        do: 'notify',
        said: [
          {
            event: 1,
            gateway: 0,
            kind: 'refund',
            payment: 0,
            transaction: 2,
            money: '100.00 CNY',
            refund: {
              number: null,
              id: 2,
              amount: '100.00 CNY',
              status: 'succeeded',
              cumulative: null,
              at: 50,
            },
          },
          { event: 2, gateway: 0, kind: 'succeeded', payment: 0, transaction: 2, money: '100.00 CNY' },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 4,
            gateway: 0,
            kind: 'refund',
            payment: 1,
            transaction: 2,
            money: '100.00 CNY',
            refund: { number: 0, id: 0, amount: '150.00 CNY', status: 'abnormal', cumulative: null, at: 30 },
          },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 12,
            gateway: 0,
            kind: 'refund',
            payment: 0,
            transaction: 2,
            money: '100.00 CNY',
            refund: {
              number: 2,
              id: 2,
              amount: '40.00 USD',
              status: 'failed',
              cumulative: null,
              at: null,
            },
          },
        ],
      },
    ],
  ],
  [
    'an order follows the refunds of its payment also when one gets the id of the gateway',
    [
      { do: 'place', order: 2, total: '60.00 CNY' },
      { do: 'open', payment: 0, order: 2, gateway: 1, seconds: 1800 },
      {
        do: 'notify',
        said: [{ event: 1, gateway: 1, kind: 'succeeded', payment: 0, transaction: 0, money: '60.00 CNY' }],
      },
      {
        do: 'notify',
        said: [
          {
            event: 3,
            gateway: 1,
            kind: 'refund',
            payment: 0,
            transaction: 0,
            money: '60.00 CNY',
            refund: {
              number: null,
              id: null,
              amount: null,
              status: 'abnormal',
              cumulative: '40.00 CNY',
              at: null,
            },
          },
        ],
      },
      {
        do: 'notify',
        said: [
          {
            event: 5,
            gateway: 1,
            kind: 'refund',
            payment: 0,
            transaction: 0,
            money: '150.00 CNY',
            refund: {
              number: 1,
              id: null,
              amount: '30.00 CNY',
              status: 'processing',
              cumulative: null,
              at: null,
            },
          },
          {
            event: 6,
            gateway: 1,
            kind: 'refund',
            payment: 0,
            transaction: 0,
            money: '100.00 CNY',
            refund: { number: 1, id: 1, amount: '150.00 CNY', status: 'abnormal', cumulative: null, at: 20 },
          },
        ],
      },
    ],
  ],
];
