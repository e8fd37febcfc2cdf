import fc from 'fast-check';
import type { Payload, Signer } from '../../src/sandbox/callback.js';
import { SIGNERS } from '../../src/sandbox/gateways/registry.js';
import type { FuzzSigner } from './fuzz-signer.js';
import type { FuzzedGateway } from './keys.js';

/** The payments that callbacks name. A run over HTTP opens them, so that some callbacks meet a payment. Every gateway carries them. */
export const paymentNumbers = (gateway: FuzzedGateway): string[] =>
  Array.from({ length: 8 }, (_, nth) => `${gateway.replaceAll('-', '_')}_${nth}`);

/** Every payload that the gateway can send, before it is changed. */
export function genuinePayload(gateway: FuzzedGateway, { keys, at }: FuzzSigner): fc.Arbitrary<Payload> {
  const signer: Signer = SIGNERS[gateway];
  const content = fc.record({
    status: fc.constantFrom(...signer.statuses),
    paymentNumber: fc.constantFrom(...paymentNumbers(gateway)),
    event: fc.nat(),
    transaction: fc.nat(99),
    amount: fc.constantFrom('100.00', '100.00', '99.99'),
  });
  const payload = content.map(({ status, paymentNumber, event, transaction, amount }) =>
    signer.payload(keys[gateway], {
      status,
      paymentNumber,
      amount,
      at,
      currency: signer.defaultCurrency,
      eventId: `E${event}`,
      transactionId: `T${transaction}`,
    }),
  );
  if (gateway === 'wechat-pay') {
    return fc.oneof({ weight: 4, arbitrary: payload }, fc.tuple(payload, payload).map(combinedPayment));
  }
  if (gateway !== 'stripe') return payload;
  return fc.oneof(
    payload,
    fc.tuple(payload, otherStripeEvent).map(([event, other]) => ({ ...event, ...other })),
  );
}

/** The payments of two payloads, paid together. The sandbox never sends such a notification. */
function combinedPayment([first, second]: readonly [Payload, Payload]): Payload {
  const subOrders = [first, second].map(({ resource }) => {
    const { amount, ...subOrder } = resource as Payload;
    const { total, payer_total: payer, ...currencies } = (amount ?? {}) as Payload;
    return { ...subOrder, amount: { total_amount: total, payer_amount: payer, ...currencies } };
  });
  const { appid, mchid } = first['resource'] as Payload;
  const combined = { combine_appid: appid, combine_mchid: mchid, combine_out_trade_no: 'C1' };
  const resource = { ...combined, sub_orders: subOrders };
  return { ...first, event_type: 'TRANSACTION.SUCCESS', resource };
}

/** Stripe events that the sandbox never sends. */
const otherStripeEvent = fc
  .record({
    type: fc.constantFrom(
      ...['completed', 'expired', 'async_payment_succeeded', 'async_payment_failed'].map(
        (end) => `checkout.session.${end}`,
      ),
      'refund.created',
      'charge.refund.updated',
      'charge.dispute.created',
      'radar.early_fraud_warning.created',
      'customer.created',
    ),
    paymentStatus: fc.constantFrom('paid', 'unpaid', 'no_payment_required'),
    paymentNumber: fc.constantFrom(...paymentNumbers('stripe'), null),
    intent: fc.constantFrom<unknown>('pi_1', { id: 'pi_2' }, null),
    account: fc.constantFrom(null, null, null, 'acct_1'),
    conversion: fc.constantFrom<Payload>(
      {},
      { currency_conversion: { amount_total: 1_300, source_currency: 'eur' } },
      { presentment_details: { presentment_amount: 1_300, presentment_currency: 'eur' } },
    ),
  })
  .map(({ type, paymentStatus, paymentNumber, intent, account, conversion }) => ({
    type,
    account,
    data: {
      object: {
        id: 'cs_1',
        payment_status: paymentStatus,
        payment_intent: intent,
        client_reference_id: paymentNumber,
        metadata: { payment_number: paymentNumber },
        amount_total: 10_000,
        amount: 10_000,
        currency: 'cny',
        ...conversion,
        reason: 'requested_by_customer',
      },
    },
  }));
