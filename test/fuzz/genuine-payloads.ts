import fc from 'fast-check';
import type { Payload, Signer } from '../../src/sandbox/callback.js';
import { SIGNERS, type PlayedGateway } from '../../src/sandbox/sign-callback.js';
import type { Seals } from './signing.js';

/** The payments that messages speak of, so that a run over the whole service meets some that are there. */
export const paymentNumbers = (gateway: PlayedGateway): string[] =>
  Array.from({ length: 8 }, (_, nth) => `${gateway}-${nth}`);

/** Everything that the gateway has words for, before anything is made wrong of it. */
export function genuinePayload(gateway: PlayedGateway, { keys, at }: Seals): fc.Arbitrary<Payload> {
  const signer: Signer = SIGNERS[gateway];
  const said = fc.record({
    status: fc.constantFrom(...signer.statuses),
    paymentNumber: fc.constantFrom(...paymentNumbers(gateway)),
    event: fc.nat(),
    transaction: fc.nat(99),
    amount: fc.constantFrom('100.00', '100.00', '99.99'),
  });
  const payload = said.map(({ status, paymentNumber, event, transaction, amount }) =>
    signer.payload(keys, {
      status,
      paymentNumber,
      amount,
      at,
      currency: signer.defaultCurrency,
      eventId: `E${event}`,
      transactionId: `T${transaction}`,
    }),
  );
  if (gateway !== 'stripe') return payload;
  return fc.oneof(
    payload,
    fc.tuple(payload, otherStripeEvent).map(([event, other]) => ({ ...event, ...other })),
  );
}

/** Events of Stripe's that the sandbox never plays. */
const otherStripeEvent = fc
  .record({
    type: fc.constantFrom(
      ...['completed', 'expired', 'async_payment_succeeded', 'async_payment_failed'].map((end) => `checkout.session.${end}`),
      'refund.created', 'charge.refund.updated', 'charge.dispute.created', 'customer.created',
    ),
    paymentStatus: fc.constantFrom('paid', 'unpaid', 'no_payment_required'),
    paymentNumber: fc.constantFrom(...paymentNumbers('stripe'), null),
    intent: fc.constantFrom<unknown>('pi_1', { id: 'pi_2' }, null),
    account: fc.constantFrom(null, null, null, 'acct_1'),
  })
  .map(({ type, paymentStatus, paymentNumber, intent, account }) => ({
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
        reason: 'requested_by_customer',
      },
    },
  })); // prettier-ignore
