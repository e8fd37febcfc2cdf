import { parseArgs } from 'node:util';
import { Advice } from './advice.js';
import { type CallbackStatus, type Signer, STATUSES, STATUS_MEANINGS, isRefund } from './callback.js';
import { type PlayedGateway, SIGNERS, isPlayed } from './gateways/registry.js';

export interface Play {
  readonly gateway: PlayedGateway;
  readonly payment: string | undefined;
  readonly order: string | undefined;
  readonly times: number;
  readonly concurrency: number;
  readonly tamper: boolean;
  readonly distinct: boolean;
  readonly status: CallbackStatus;
  readonly total: string;
  /** Undefined where the callback reports the amount of the payment. */
  readonly amount: string | undefined;
  readonly currency: string | undefined;
  readonly transaction: string | undefined;
  readonly eventId: string | undefined;
  /** Undefined where a refund gets the next number of its payment. */
  readonly refundNumber: string | undefined;
  /** Undefined where the environment or the data folder says it. */
  readonly url: string | undefined;
  readonly token: string | undefined;
}

const column = (name: string): string => `    ${name.padEnd(21)}`;
const meanings = Object.entries(STATUS_MEANINGS).map(([status, meaning]) => `${column(status)}${meaning}`);
const playedOf = Object.entries<Signer>(SIGNERS).map(
  ([gateway, { statuses }]) => `${column(gateway)}${phrase(statuses)}`,
);

/** The shorter of the two lists: what it plays, or what it does not play. */
function phrase(statuses: readonly CallbackStatus[]): string {
  const left = STATUSES.filter((status) => !statuses.includes(status));
  if (left.length === 0) return 'all';
  return left.length < statuses.length ? `all except ${left.join(', ')}` : statuses.join(', ');
}

export const HELP = `Plays a payment gateway against the running service.

  npm run sandbox -- pay <gateway> [options]

  <gateway>          ${Object.keys(SIGNERS).join(', ')}
  --payment N        an existing payment; without it an order and a payment are created
  --order N          the order to open a payment for; it is created if it does not exist. Of a refund, a dispute or a fraud warning: the order
                     whose payment is paid
  --total 100.00     the total of an order that is created
  --amount 99.99     the amount that the callback reports (default: the amount of the payment); of a refund what this refund alone gives
                     back (default: what is left of the money). Alipay and Stripe report the sum of all refunds: the sandbox adds
                     what the service knows to have gone back before
  --currency CNY     its currency (default: that of the payment; for a new order the one that the gateway uses most)
  --status S         what the callback reports (default: succeeded); the list is below
  --refund-number N  the merchant's number of a refund (default: <payment>-R1, -R2 …). WeChat Pay and Standard Webhooks: the same number
                     again is the same refund. Stripe reports none
  --times 20         how many copies of the callback are sent (default: 1)
  --concurrency 20   how many are sent at the same time (default: 1)
  --distinct         sends no copies: each callback has its own event id, for the same transaction
  --tamper           changes a digit after signing; every answer must then be 401
  --transaction ID   the gateway's transaction id (default: a new one; of a refund, a dispute or a fraud warning the one that paid the
                     payment, or else the one of its open case)
  --event-id ID      the callback's id (default: a new one)
  --url URL          the address of the service (default: see below)
  --token TOKEN      the token of an operator (default: the first operator of ADMIN_TOKENS, or dev-token)

What --status can be:
${meanings.join('\n')}
Which gateway has a callback for it:
${playedOf.join('\n')}
Without --refund-number and --amount, refund_failed and refund_abnormal are about the newest refund of the money that has not failed. If there
is none, or with --amount, they are about a new refund. A dispute is opened by dispute and goes on with dispute_updated,
dispute_money_taken, dispute_won or dispute_lost; each of these opens it if it is not known.

It signs with the development keys in DATA_DIR (default: .data), so the service must use the same folder. There it finds the address of
a running service. PORT, HOST, ADMIN_PORT and ADMIN_HOST, where they are set, say it as they do for the service.
The exit code is 0 if every callback got the answer that the gateway expects, and 1 otherwise.`;

const OPTIONS = {
  payment: { type: 'string' },
  order: { type: 'string' },
  total: { type: 'string', default: '100.00' },
  amount: { type: 'string' },
  currency: { type: 'string' },
  status: { type: 'string', default: 'succeeded' },
  times: { type: 'string', default: '1' },
  concurrency: { type: 'string', default: '1' },
  distinct: { type: 'boolean', default: false },
  tamper: { type: 'boolean', default: false },
  transaction: { type: 'string' },
  'event-id': { type: 'string' },
  'refund-number': { type: 'string' },
  url: { type: 'string' },
  token: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws Advice that says which argument to change, and how. */
export function parsePlay(args: readonly string[]): Play | 'help' {
  const { values, positionals } = parsed(args);
  if (values.help) return 'help';
  const [command, gateway = '', ...rest] = positionals;
  if (command !== 'pay' || rest.length > 0) {
    throw new Advice(
      'Say what to play: npm run sandbox -- pay <gateway>, for example "pay stripe". --help shows all options.',
    );
  }
  if (!isPlayed(gateway)) {
    throw new Advice(
      `The sandbox plays no gateway "${gateway}". Choose one of ${Object.keys(SIGNERS).join(', ')}.`,
    );
  }
  if (values.payment !== undefined && values.order !== undefined) {
    throw new Advice('Give either --payment or --order, not both: a payment belongs to its order already.');
  }
  const status = statusOf(gateway, values.status);
  return {
    gateway,
    payment: numbered('payment', values.payment),
    order: numbered('order', values.order),
    times: count('times', values.times, 10_000),
    concurrency: count('concurrency', values.concurrency, 256),
    tamper: values.tamper,
    distinct: values.distinct,
    status,
    total: decimal('total', values.total),
    amount: values.amount === undefined ? undefined : decimal('amount', values.amount),
    currency: currencyOf(values.currency),
    transaction: values.transaction,
    eventId: values['event-id'],
    refundNumber: refundNumberOf(gateway, values['refund-number'], status),
    url: values.url === undefined ? undefined : originOf(values.url),
    token: values.token,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // Node's message names the option in its first sentence. The rest is about values that begin with a dash.
    const [first] = (error as Error).message.split('. ');
    throw new Advice(`${first}. All options are shown with --help.`);
  }
}

function count(name: string, text: string, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most)
    throw new Advice(`--${name} must be a whole number from 1 to ${most}, and it is "${text}".`);
  return value;
}

function decimal(name: string, text: string): string {
  if (!/^\d{1,15}(\.\d{1,4})?$/.test(text))
    throw new Advice(`--${name} must be an amount such as 100.00, and it is "${text}".`);
  return text;
}

function numbered(name: string, text: string | undefined): string | undefined {
  if (text === undefined || /^[\w-]{1,64}$/.test(text)) return text;
  throw new Advice(`--${name} must have 1 to 64 letters, digits, _ or -, and it is "${text}".`);
}

function currencyOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[A-Za-z]{3}$/.test(text)) return text?.toUpperCase();
  throw new Advice(`--currency must be a code of three letters such as CNY, and it is "${text}".`);
}

function statusOf(gateway: PlayedGateway, text: string): CallbackStatus {
  const { statuses } = SIGNERS[gateway];
  const status = statuses.find((candidate) => candidate === text);
  if (status) return status;
  const isStatus = Object.hasOwn(STATUS_MEANINGS, text);
  const why = isStatus ? `${gateway} has no callback for ${text}` : `There is no status "${text}"`;
  throw new Advice(`${why}. For ${gateway}, --status can be: ${statuses.join(', ')}.`);
}

function refundNumberOf(
  gateway: PlayedGateway,
  text: string | undefined,
  status: CallbackStatus,
): string | undefined {
  if (text === undefined) return undefined;
  const signer: Signer = SIGNERS[gateway];
  if (!isRefund(status))
    throw new Advice('--refund-number is for refunds only. Give --status refund as well, or leave it out.');
  if (signer.hasNoRefundNumbers)
    throw new Advice(`The callbacks of ${gateway} have no number of a refund. Leave --refund-number out.`);
  return numbered('refund-number', text);
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Advice(`--url must be an address such as http://127.0.0.1:3000, and it is "${text}".`);
  return url.origin;
}
