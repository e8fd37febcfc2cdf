import { createPublicKey, sign as rsaSign } from 'node:crypto';
import { rsaPrivateKeyField } from '../../../development/development-keys.js';
import {
  type CallbackContent,
  type Payload,
  type Signer,
  beijingTime,
  refundOf,
  sumOf,
} from '../../callback.js';

interface AlipayKeys {
  readonly alipayPrivateKey: string;
}

const APP_ID = '2021000000000001';
const SELLER_ID = '2088000000000001';

/** A refund has the status of the trade and, beside it, the refunded sum. Alipay has no status for a failure. */
const TRADE_STATUSES: Readonly<Partial<Record<CallbackContent['status'], string>>> = {
  succeeded: 'TRADE_SUCCESS',
  processing: 'WAIT_BUYER_PAY',
  cancelled: 'TRADE_CLOSED',
  refund: 'TRADE_SUCCESS',
};

/** The parameters that are not signed. */
const UNSIGNED = new Set(['sign', 'sign_type']);

export const alipaySigner: Signer<AlipayKeys> = {
  keys: { alipayPrivateKey: rsaPrivateKeyField },
  environment({ alipayPrivateKey }, saveFile) {
    const publicKey = createPublicKey(alipayPrivateKey).export({ type: 'spki', format: 'pem' });
    return {
      ALIPAY_APP_ID: APP_ID,
      ALIPAY_SELLER_ID: SELLER_ID,
      ALIPAY_PUBLIC_KEYS: saveFile('alipay.pem', publicKey.toString()),
    };
  },
  statuses: ['succeeded', 'processing', 'cancelled', 'refund'],
  defaultCurrency: 'CNY',
  acknowledgement: { status: 200, body: 'success' },
  eventId: (unique) => `${beijingTime(new Date()).slice(0, 10).replaceAll('-', '')}00222${unique}`,
  transactionId: (unique) =>
    `${beijingTime(new Date()).slice(0, 10).replaceAll('-', '')}22001${unique}`.slice(0, 64),

  payload(_keys, content) {
    if (content.currency !== 'CNY') throw new Error('alipay reports no currency: every amount is CNY');
    // Also after a refund: they tell what was paid.
    const amount = content.status === 'refund' ? refundOf(content).paid : content.amount;
    const paid = content.status === 'succeeded' || content.status === 'refund';
    return {
      gmt_create: timeOf(new Date(content.at.getTime() - 60_000)),
      charset: 'utf-8',
      seller_email: 'shop@sandbox.example',
      subject: '沙箱订单 100% cotton + 1',
      body: 'sandbox',
      buyer_id: '2088000000000002',
      buyer_logon_id: 'san***@sandbox.example',
      invoice_amount: amount,
      notify_id: content.eventId,
      fund_bill_list: JSON.stringify([{ amount, fundChannel: 'ALIPAYACCOUNT' }]),
      notify_type: 'trade_status_sync',
      trade_status: TRADE_STATUSES[content.status],
      receipt_amount: amount,
      buyer_pay_amount: amount,
      point_amount: '0.00',
      app_id: content.appId ?? APP_ID,
      auth_app_id: content.appId ?? APP_ID,
      sign_type: 'RSA2',
      ...(paid ? { gmt_payment: timeOf(content.paidAt ?? content.at) } : {}),
      ...(content.status === 'cancelled' ? { gmt_close: timeOf(content.at) } : {}),
      ...(content.status === 'refund' ? refundFields(content) : {}),
      notify_time: timeOf(content.at),
      version: '1.0',
      out_trade_no: content.paymentNumber,
      total_amount: amount,
      trade_no: content.transactionId,
      seller_id: content.sellerId ?? SELLER_ID,
    };
  },

  sign(keys, payload) {
    const fields = Object.entries(payload).map(([name, value]) => [name, String(value)] as const);
    const signed = fields
      .filter(([name]) => !UNSIGNED.has(name))
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    const signature = rsaSign('RSA-SHA256', Buffer.from(signed), keys.alipayPrivateKey).toString('base64');
    const form = new URLSearchParams({ sign: signature, ...Object.fromEntries(fields) });
    const headers = {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'user-agent': 'Mozilla/4.0',
    };
    return { headers, body: Buffer.from(form.toString()) };
  },
};

function refundFields(content: CallbackContent): Payload {
  const { number, before } = refundOf(content);
  return {
    // The sum of all refunds of the trade.
    refund_fee: sumOf(before, content.amount),
    gmt_refund: beijingTime(content.at).slice(0, 23).replace('T', ' '),
    out_biz_no: number,
  };
}

/** Beijing time, without a zone. */
function timeOf(at: Date): string {
  return beijingTime(at).slice(0, 19).replace('T', ' ');
}
