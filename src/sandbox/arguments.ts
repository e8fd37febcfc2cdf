import { parseArgs } from 'node:util';
import { Advice } from './advice.js';
import { STATUSES, type CallbackStatus } from './callback.js';
import { isPlayed, SIGNERS, type PlayedGateway } from './sign-callback.js';

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
  /** Undefined where the callback tells the payment's own amount. */
  readonly amount: string | undefined;
  readonly currency: string | undefined;
  readonly transaction: string | undefined;
  readonly eventId: string | undefined;
  readonly url: string;
  readonly token: string;
}

export const HELP = `Plays a payment gateway against the running service.

  npm run sandbox -- pay <gateway> [options]

  <gateway>          ${Object.keys(SIGNERS).join(', ')}
  --payment N        a payment that is there; without it an order and a payment are made
  --order N          the order to open a payment for; made under this number if it is not there
  --total 100.00     what the order that is made costs
  --amount 99.99     what the callback says was paid (the payment's amount)
  --currency CNY     in which currency (the payment's; for a new order USD for stripe, else CNY)
  --status S         ${STATUSES.join(', ')} (succeeded)
  --times 20         how many copies of the one callback are sent (1)
  --concurrency 20   how many of them at once (1)
  --distinct         no copies: each callback has an event id of its own, for the same transaction
  --tamper           changes a digit after signing; every answer must then be 401
  --transaction ID   the gateway's transaction id (a new one)
  --event-id ID      the callback's id (a new one)
  --url URL          where the service is (http://127.0.0.1:3000)
  --token TOKEN      an operator's token (dev-token)

It signs with the development keys of DATA_DIR (.data), so that must be the service's own.
The exit code is 0 when every callback was answered as the gateway would wish, 1 otherwise.`;

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
  url: { type: 'string', default: 'http://127.0.0.1:3000' },
  token: { type: 'string', default: 'dev-token' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws Advice that says which argument to change and to what. */
export function parsePlay(args: readonly string[]): Play | 'help' {
  const { values, positionals } = parsed(args);
  if (values.help) return 'help';
  const [command, gateway = '', ...rest] = positionals;
  if (command !== 'pay' || rest.length > 0) {
    throw new Advice('Say what to play: npm run sandbox -- pay <gateway>. More with --help.');
  }
  if (!isPlayed(gateway)) {
    throw new Advice(`There is no gateway "${gateway}". Choose one of ${Object.keys(SIGNERS).join(', ')}.`);
  }
  if (values.payment !== undefined && values.order !== undefined) {
    throw new Advice('Name either --payment or --order: a payment knows its order.');
  }
  return {
    gateway,
    payment: numbered('payment', values.payment),
    order: numbered('order', values.order),
    times: count('times', values.times, 10_000),
    concurrency: count('concurrency', values.concurrency, 256),
    tamper: values.tamper,
    distinct: values.distinct,
    status: statusOf(gateway, values.status),
    total: decimal('total', values.total),
    amount: values.amount === undefined ? undefined : decimal('amount', values.amount),
    currency: currencyOf(values.currency),
    transaction: values.transaction,
    eventId: values['event-id'],
    url: originOf(values.url),
    token: values.token,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // Node's message names the option and, at length, how one would pass it as a value.
    const [first] = (error as Error).message.split('. ');
    throw new Advice(`${first}. All options are shown with --help.`);
  }
}

function count(name: string, text: string, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most) throw new Advice(`--${name} is a whole number from 1 to ${most}.`);
  return value;
}

function decimal(name: string, text: string): string {
  if (!/^\d{1,15}(\.\d{1,4})?$/.test(text)) throw new Advice(`--${name} is an amount such as 100.00.`);
  return text;
}

function numbered(name: string, text: string | undefined): string | undefined {
  if (text === undefined || /^[\w-]{1,64}$/.test(text)) return text;
  throw new Advice(`--${name} is a number of 1 to 64 letters, digits, _ or -.`);
}

function currencyOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[A-Za-z]{3}$/.test(text)) return text?.toUpperCase();
  throw new Advice('--currency is a code of three letters such as CNY.');
}

function statusOf(gateway: PlayedGateway, text: string): CallbackStatus {
  const { statuses } = SIGNERS[gateway];
  const status = statuses.find((candidate) => candidate === text);
  if (!status) throw new Advice(`${gateway} never reports "${text}". Choose one of ${statuses.join(', ')}.`);
  return status;
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Advice('--url is an address such as http://127.0.0.1:3000.');
  return url.origin;
}
