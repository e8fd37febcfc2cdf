import type { Resolution } from '../../src/domain/cases/endings.js';

/** As in "100.00 CNY". */
export type MoneyText = string;

/** The gateways of every story, by place. */
export const GATEWAYS = ['stripe', 'alipay'] as const;
export type GatewayPlace = 0 | 1;

export interface SaidRefund {
  /** The merchant's number and the gateway's id, by place; null where the report does not have it. */
  readonly number: number | null;
  readonly id: number | null;
  readonly amount: MoneyText | null;
  readonly status: 'processing' | 'succeeded' | 'failed' | 'abnormal';
  readonly cumulative: MoneyText | null;
  /** Seconds after the begin of the story by the gateway's clock; null where it names no time. */
  readonly at: number | null;
}

export interface SaidDispute {
  readonly kind: 'dispute' | 'fraud_warning';
  readonly id: number;
  readonly amount: MoneyText | null;
  readonly status: 'inquiry' | 'needs_response' | 'under_review' | 'won' | 'lost' | 'closed' | null;
  readonly moneyTaken: boolean | null;
  readonly at: number | null;
}

/** What a gateway says in one callback. Payments and transactions are places, so that a story can be written down and shortened. */
export interface Said {
  /** Two callbacks of one gateway with the same number here have the same event id. */
  readonly event: number;
  readonly gateway: GatewayPlace;
  readonly kind:
    'processing' | 'succeeded' | 'failed' | 'cancelled' | 'ignored' | 'unreadable' | 'refund' | 'dispute';
  readonly payment: number | null;
  readonly transaction: number | null;
  readonly money: MoneyText | null;
  readonly foreign?: boolean;
  readonly refund?: SaidRefund;
  readonly dispute?: SaidDispute;
}

export const WORKERS = [
  'settle pending',
  'settle unmatched',
  'expire',
  'expire and cancel',
  'look after waiting reports',
] as const;

/** `nth` counts what exists at that moment, and starts again at its end. So every step has a meaning whatever was dropped before it. */
export type Step =
  | { readonly do: 'place'; readonly order: number; readonly total: MoneyText }
  | {
      readonly do: 'open';
      readonly payment: number;
      readonly order: number;
      readonly gateway: GatewayPlace;
      readonly seconds: number;
    }
  /** One batch of callbacks. */
  | { readonly do: 'notify'; readonly said: readonly Said[] }
  /** An earlier callback comes again, byte for byte. */
  | { readonly do: 'repeat'; readonly nth: number }
  /** The newest callback comes again under an event id of its own. */
  | { readonly do: 'echo' }
  /** The callback is stored and not decided. */
  | { readonly do: 'store'; readonly said: Said; readonly as: 'pending' | 'undeliverable' }
  | { readonly do: 'work'; readonly worker: (typeof WORKERS)[number] }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'move order'; readonly order: number; readonly to: string }
  | { readonly do: 'move payment'; readonly payment: number; readonly to: string }
  | {
      readonly do: 'resolve';
      readonly nth: number;
      /** Whether it is one of the open cases, or of all. */
      readonly open: boolean;
      readonly resolution: Resolution;
      readonly amount: MoneyText | null;
      readonly reference: number | null;
      readonly payment: number | null;
    }
  | { readonly do: 'assign'; readonly nth: number; readonly to: string | null }
  | { readonly do: 'note'; readonly nth: number }
  | { readonly do: 'replay'; readonly nth: number }
  | { readonly do: 'explain'; readonly nth: number };

export type Story = readonly Step[];

/** How many steps a story counts: each callback of a batch is one. */
export const lengthOf = (story: Story): number =>
  story.reduce((sum, step) => sum + (step.do === 'notify' ? step.said.length : 1), 0);

/** The item that `nth` means; null if there are none. */
export const nthOf = <Item>(items: readonly Item[], nth: number): Item | null =>
  items.length === 0 ? null : items[nth % items.length]!;
