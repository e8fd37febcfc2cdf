import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { earlierFingerprintOf, fingerprintOf } from '../../src/adapters/gateways/fingerprint.js';
import type { Gateway, RawCallback, VerifiedCallback } from '../../src/adapters/gateways/gateway.js';
import { EVENT, GENUINE, NAMES, PAYLOAD, TRADE, TRANSACTION, gateways } from './genuine.js';
import {
  NOW,
  SETTINGS,
  alipayCallback,
  stripeCallback,
  webhookCallback,
  wechatBody,
  wechatCallback,
} from './official.js';

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** What 0.6.0 stored for a notification that it read: kind, payment number, transaction and money. */
const of060 = (...said: readonly unknown[]): string => sha256(JSON.stringify(said));
const CNY = { amount: '100.00', currency: 'CNY' };

function verified(name: string, callback: RawCallback): VerifiedCallback {
  const result = (gateways.get(name) as Gateway).verify(callback, NOW);
  if ('rejected' in result) throw new Error(`rejected: ${result.rejected}`);
  return result;
}

/** The fingerprints by which a stored callback is recognised. */
function recognised(name: string, callback: RawCallback): (string | undefined)[] {
  const result = verified(name, callback);
  const { signedBytes, notification } = result;
  return [fingerprintOf(notification, signedBytes), earlierFingerprintOf(result, signedBytes)];
}

const stripe = (type: string, object: object): RawCallback =>
  stripeCallback({ ...EVENT, type, data: { object } });
const SESSION = {
  id: 'cs_1',
  payment_status: 'paid',
  amount_total: 10_000,
  currency: 'cny',
  client_reference_id: 'PAY-1',
  payment_intent: 'pi_1',
};

describe('a callback that 0.6.0 has stored is recognised when it comes again', () => {
  test.each(NAMES)('%s: a success has the fingerprint that it always had, and no other', (name) => {
    const transaction = name === 'stripe' ? 'pi_1' : '1';
    expect(recognised(name, GENUINE[name])).toEqual([
      of060('succeeded', 'PAY-1', transaction, CNY),
      undefined,
    ]);
  });

  test('reports of refunds and disputes have it too, however much more is read of them', () => {
    const money = { amount: '25.00', currency: 'CNY' };
    const object = { id: 're_1', amount: 2500, currency: 'cny', payment_intent: 'pi_1', status: 'failed' };
    const refund = {
      ...TRANSACTION,
      refund_status: 'SUCCESS',
      refund_id: '5',
      out_refund_no: 'R-1',
      amount: { refund: 2500, total: 10_000 },
    };
    const cases: [string, RawCallback, string][] = [
      ['stripe', stripe('refund.updated', object), of060('refund', null, 'pi_1', money)],
      ['stripe', stripe('charge.dispute.closed', object), of060('dispute', null, 'pi_1', money)],
      [
        'stripe',
        stripe('radar.early_fraud_warning.created', { id: 'issfr_1', payment_intent: 'pi_1' }),
        of060('ignored', null, null, null),
      ],
      [
        'wechat-pay',
        wechatCallback(wechatBody(refund, { type: 'REFUND.SUCCESS' })),
        of060('refund', 'PAY-1', '1', money),
      ],
      [
        'standard-webhooks',
        webhookCallback({ type: 'refund.failed', data: { ...PAYLOAD.data, amount: '25.00' } }),
        of060('refund', 'PAY-1', '1', money),
      ],
    ];
    for (const [name, callback, expected] of cases) {
      expect(recognised(name, callback)).toEqual([expected, undefined]);
    }
  });

  test('what is read in another way has the fingerprint of the earlier reading beside its own', () => {
    const euros = { amount: '12.85', currency: 'EUR' };
    const converted = {
      ...SESSION,
      amount_total: 1_285,
      currency: 'eur',
      currency_conversion: { amount_total: 10_000, source_currency: 'cny' },
    };
    const cases: [string, RawCallback, string][] = [
      [
        'alipay',
        alipayCallback({ ...TRADE, refund_fee: '25.00', out_biz_no: 'R-1' }),
        of060('refund', 'PAY-1', '1', { amount: '25.00', currency: 'CNY' }),
      ],
      ['stripe', stripe('checkout.session.completed', converted), of060('succeeded', 'PAY-1', 'pi_1', euros)],
      [
        'stripe',
        stripe('checkout.session.completed', {
          ...SESSION,
          payment_status: 'no_payment_required',
          amount_total: 0,
        }),
        of060('ignored', null, null, null),
      ],
      ['alipay', alipayCallback({ ...TRADE, trans_currency: 'USD' }), of060('succeeded', 'PAY-1', '1', CNY)],
      [
        'standard-webhooks',
        webhookCallback({ type: 'dispute.opened', data: { ...PAYLOAD.data, disputeId: 'd-1' } }),
        of060('ignored', null, null, null),
      ],
    ];
    for (const [name, callback, earlier] of cases) {
      const [now, before] = recognised(name, callback);
      expect(before).toBe(earlier);
      expect(now).not.toBe(earlier);
    }
  });

  test('what was unreadable is recognised by its bytes', () => {
    const subOrder = { ...TRANSACTION, amount: { total_amount: 10_000 } };
    const combined = {
      combine_out_trade_no: 'C-1',
      combine_appid: SETTINGS['wechat-pay'].appIds[0],
      combine_mchid: SETTINGS['wechat-pay'].merchantId,
      sub_orders: [subOrder, subOrder],
    };
    const subscription = { ...SESSION, payment_intent: null, invoice: 'in_1' };
    const cases: [string, RawCallback][] = [
      ['stripe', stripe('checkout.session.completed', subscription)],
      ['stripe', stripe('checkout.session.completed', { ...subscription, client_reference_id: null })],
      ['wechat-pay', wechatCallback(wechatBody(combined))],
      ['alipay', alipayCallback({ service: 'alipay.service.check', charset: 'utf-8' })],
      ['standard-webhooks', webhookCallback({ ...PAYLOAD, data: { ...PAYLOAD.data, amount: '0.00' } })],
    ];
    for (const [name, callback] of cases) {
      const { signedBytes } = verified(name, callback);
      const [now, before] = recognised(name, callback);
      expect(before).toBe(sha256(signedBytes));
      expect(now).not.toBe(before);
    }
  });
});

test('two bodies of one combined payment have the same fingerprints, although WeChat Pay encrypts each anew', () => {
  const resource = (attach: string) => ({
    combine_out_trade_no: 'C-1',
    attach,
    sub_orders: [
      { ...TRANSACTION, amount: { total_amount: 10_000 } },
      { ...TRANSACTION, out_trade_no: 'PAY-2', amount: { total_amount: 1 } },
    ],
  });
  const [first, second] = ['a', 'b'].map((attach) => {
    const { notification, further, signedBytes } = verified(
      'wechat-pay',
      wechatCallback(wechatBody(resource(attach))),
    );
    return [notification, ...further!].map((each) => fingerprintOf(each, signedBytes));
  });
  expect(first).toEqual(second);
  expect(new Set(first).size).toBe(2);
});
