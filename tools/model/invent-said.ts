import type { SeededRandom } from '../chaos/seeded-random.js';
import type { Plot } from './invent-story.js';
import type { GatewayPlace, MoneyText, Said, SaidDispute, SaidRefund } from './story.js';

/** The right amount most often; less, more, another currency, nothing. */
const PAID: readonly { readonly weight: number; readonly money: MoneyText }[] = [
  { weight: 60, money: '100.00 CNY' },
  { weight: 10, money: '60.00 CNY' },
  { weight: 6, money: '99.00 CNY' },
  { weight: 4, money: '150.00 CNY' },
  { weight: 4, money: '100.00 USD' },
  { weight: 2, money: '0.00 CNY' },
];

const KINDS: readonly { readonly weight: number; readonly kind: Said['kind'] }[] = [
  { weight: 56, kind: 'succeeded' },
  { weight: 6, kind: 'processing' },
  { weight: 6, kind: 'failed' },
  { weight: 5, kind: 'cancelled' },
  { weight: 2, kind: 'ignored' },
  { weight: 2, kind: 'unreadable' },
  { weight: 18, kind: 'refund' },
  { weight: 7, kind: 'dispute' },
];

/** What a gateway may say: mostly what belongs together, and at times anything with anything. */
export function inventSaid(plot: Plot, random: SeededRandom): Said {
  const transaction = random.integer(0, plot.transactions.length - 1);
  const meant = plot.transactions[transaction]!;
  const { kind } = random.weighted(KINDS);
  const dispute = kind === 'dispute' ? inventDispute(transaction, random) : null;
  const payment = random.chance(0.78) ? meant : anyPayment(plot, random);
  const other = (1 - plot.payments[meant]!.gateway) as GatewayPlace;
  const gateway = random.chance(0.94) ? plot.payments[meant]!.gateway : other;
  return {
    event: eventOf(plot, random),
    gateway,
    // A gateway's early warning moves no money.
    kind: dispute?.kind === 'fraud_warning' ? 'ignored' : kind,
    payment: isReport(kind) && random.chance(0.3) ? null : payment,
    transaction: transactionOf(kind, transaction, random),
    money: random.weighted(PAID).money,
    ...(random.chance(0.04) && { foreign: true }),
    ...((kind === 'refund' || (kind === 'succeeded' && random.chance(0.05))) && {
      refund: inventRefund(gateway, kind === 'succeeded', random),
    }),
    ...(dispute && { dispute }),
  };
}

const isReport = (kind: Said['kind']): boolean => kind === 'refund' || kind === 'dispute';

/** A payment of the story, one of two numbers that nobody has opened, or none. */
function anyPayment({ payments }: Plot, random: SeededRandom): number | null {
  const place = random.integer(0, payments.length + 2);
  return place === payments.length + 2 ? null : place;
}

/** Only a success has to name one. */
function transactionOf(kind: Said['kind'], transaction: number, random: SeededRandom): number | null {
  return kind === 'succeeded' || random.chance(0.92) ? transaction : null;
}

/** A new event id, or one that was used before. */
function eventOf(plot: Plot, random: SeededRandom): number {
  if (plot.events > 0 && random.chance(0.06)) return random.integer(0, plot.events - 1);
  plot.events += 1;
  return plot.events - 1;
}

const PARTS: readonly MoneyText[] = [
  '40.00 CNY',
  '60.00 CNY',
  '100.00 CNY',
  '30.00 CNY',
  '150.00 CNY',
  '40.00 USD',
];
const TIMES: readonly (number | null)[] = [10, 20, 30, 30, 40, 50, null];

/**
 * The first gateway always names its own id, the second the merchant's number, and both may name the other one as well. None names a refund by
 * its number alone at one time and by its id alone at another.
 * @param isWithSuccess as in a notice that tells of the payment and of what has gone back of it.
 */
function inventRefund(gateway: GatewayPlace, isWithSuccess: boolean, random: SeededRandom): SaidRefund {
  const isCumulative = isWithSuccess || random.chance(0.25);
  const hasName = !isCumulative || random.chance(0.5);
  const place = random.integer(0, 2);
  const second = random.chance(0.6) ? place : null;
  const [number, id] = gateway === 0 ? [second, place] : [place, second];
  return {
    number: hasName ? number : null,
    id: hasName ? id : null,
    amount: hasName ? random.oneOf(PARTS) : null,
    status: random.oneOf(['succeeded', 'succeeded', 'succeeded', 'processing', 'failed', 'abnormal']),
    cumulative: isCumulative ? random.oneOf(PARTS) : null,
    at: random.oneOf(TIMES),
  };
}

/** A gateway names one dispute with one transaction, unless it contradicts itself. */
function inventDispute(transaction: number, random: SeededRandom): SaidDispute {
  const isWarning = random.chance(0.2);
  return {
    kind: isWarning ? 'fraud_warning' : 'dispute',
    id: random.integer(0, 1) + 2 * (random.chance(0.96) ? transaction : random.integer(0, 3)),
    amount: random.chance(0.9) ? random.oneOf(PARTS) : null,
    status: isWarning
      ? null
      : random.oneOf(['inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed', null]),
    moneyTaken: random.oneOf([true, false, null]),
    at: random.oneOf(TIMES),
  };
}
