import type { RawCallback, ParsedCallback } from '../../src/adapters/gateways/gateway.js';
import { Gateways } from '../../src/adapters/gateways/registry.js';
import {
  NOW,
  NOW_SECONDS,
  SETTINGS,
  alipayCallback,
  stripeCallback,
  webhookCallback,
  wechatBody,
  wechatCallback,
} from './official.js';

/** One genuine success from each gateway, and how the verifiers read it. */

export const gateways = new Gateways(SETTINGS);
export const NAMES = ['stripe', 'wechat-pay', 'alipay', 'standard-webhooks'] as const;
export type Name = (typeof NAMES)[number];

export const EVENT = {
  id: 'evt_1',
  type: 'payment_intent.succeeded',
  created: NOW_SECONDS,
  livemode: true,
  data: {
    object: { id: 'pi_1', amount_received: 10000, currency: 'cny', metadata: { payment_number: 'PAY-1' } },
  },
};
export const TRANSACTION = {
  out_trade_no: 'PAY-1',
  transaction_id: '1',
  trade_state: 'SUCCESS',
  success_time: '2026-11-23T16:00:00+08:00',
  amount: { total: 10000, currency: 'CNY' },
  appid: SETTINGS['wechat-pay'].appIds[0],
  mchid: SETTINGS['wechat-pay'].merchantId,
};
export const TRADE = {
  app_id: SETTINGS.alipay.appIds[0]!,
  seller_id: SETTINGS.alipay.sellerId,
  notify_id: '1',
  notify_type: 'trade_status_sync',
  out_trade_no: 'PAY-1',
  trade_no: '1',
  trade_status: 'TRADE_SUCCESS',
  total_amount: '100.00',
  gmt_payment: '2026-11-23 16:00:00',
};
export const PAYLOAD = {
  type: 'payment.succeeded',
  data: {
    paymentNumber: 'PAY-1',
    transactionId: '1',
    amount: '100.00',
    currency: 'CNY',
    paidAt: '2026-11-23T08:00:00Z',
  },
};

export const GENUINE: Readonly<Record<Name, RawCallback>> = {
  stripe: stripeCallback(EVENT),
  'wechat-pay': wechatCallback(wechatBody(TRANSACTION)),
  alipay: alipayCallback(TRADE),
  'standard-webhooks': webhookCallback(PAYLOAD),
};

export function readingOf(name: Name, callback: RawCallback, at = NOW): ParsedCallback | string {
  const result = gateways.get(name)!.verify(callback, at);
  if ('rejected' in result) return result.rejected;
  const { eventId, notification } = result;
  return { eventId, notification };
}
