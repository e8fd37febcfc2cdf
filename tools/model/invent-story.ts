import type { SeededRandom } from '../chaos/seeded-random.js';
import { inventDeed } from './invent-deed.js';
import { inventSaid } from './invent-said.js';
import { WORKERS, type GatewayPlace, type Said, type Step, type Story } from './story.js';

/** What a story is about: its places, and which of them belong together. Anything may be named with anything all the same. */
export interface Plot {
  readonly orders: number;
  readonly payments: readonly { readonly order: number; readonly gateway: GatewayPlace }[];
  /** The payment that each transaction is meant for. */
  readonly transactions: readonly number[];
  /** How many event ids have been given so far. */
  events: number;
}

/** What orders cost. Most often one amount, so that payments and transactions can be exchanged for each other. */
const TOTALS = ['100.00 CNY', '100.00 CNY', '100.00 CNY', '100.00 CNY', '60.00 CNY', '0.00 CNY'] as const;
/** Over a minute, over the deadline of a payment, over the retries, over days. */
const WAITS = [1, 10, 61, 700, 1_801, 4_000, 90_000, 700_000] as const;

/** A random story of this seed. The same seed gives the same story. */
export function inventStory(random: SeededRandom): Story {
  const plot = inventPlot(random);
  const story: Step[] = beginning(plot, random);
  const length = random.integer(6, 34);
  while (story.length < length) story.push(inventStep(plot, random));
  return [...story, ...END];
}

/** Nothing waits at the end of a story. */
const END: Story = [
  { do: 'wait', seconds: 61 },
  { do: 'work', worker: 'settle pending' },
  { do: 'work', worker: 'settle unmatched' },
];

function inventPlot(random: SeededRandom): Plot {
  const orders = random.integer(1, 3);
  const payments = Array.from({ length: random.integer(1, 4) }, () => ({
    order: random.integer(0, orders - 1),
    gateway: gatewayOf(random),
  }));
  const transactions = Array.from({ length: random.integer(1, 4) }, () =>
    random.integer(0, payments.length - 1),
  );
  return { orders, payments, transactions, events: 0 };
}

const gatewayOf = (random: SeededRandom): GatewayPlace => (random.chance(0.75) ? 0 : 1);

/** Most orders and payments are there before anything else happens. */
function beginning(plot: Plot, random: SeededRandom): Step[] {
  const steps: Step[] = [];
  for (let order = 0; order < plot.orders; order += 1)
    if (random.chance(0.95)) steps.push({ do: 'place', order, total: random.oneOf(TOTALS) });
  for (let payment = 0; payment < plot.payments.length; payment += 1)
    if (random.chance(0.7)) steps.push(opening(plot, payment, random));
  return steps;
}

function opening({ payments }: Plot, payment: number, random: SeededRandom): Step {
  const { order, gateway } = payments[payment]!;
  return { do: 'open', payment, order, gateway, seconds: random.chance(0.8) ? 1_800 : 60 };
}

type Invent = (plot: Plot, random: SeededRandom) => Step;

const STEPS: readonly { readonly weight: number; readonly invent: Invent }[] = [
  { weight: 40, invent: (plot, random) => ({ do: 'notify', said: inventBatch(plot, random) }) },
  { weight: 5, invent: (_, random) => ({ do: 'repeat', nth: random.integer(0, 29) }) },
  { weight: 5, invent: () => ({ do: 'echo' }) },
  {
    weight: 4,
    invent: (plot, random) => ({
      do: 'store',
      said: inventSaid(plot, random),
      as: random.chance(0.75) ? 'pending' : 'undeliverable',
    }),
  },
  { weight: 7, invent: (_, random) => ({ do: 'work', worker: random.oneOf(WORKERS) }) },
  { weight: 6, invent: (_, random) => ({ do: 'wait', seconds: random.oneOf(WAITS) }) },
  { weight: 4, invent: (plot, random) => opening(plot, random.integer(0, plot.payments.length - 1), random) },
  {
    weight: 1,
    invent: (plot, random) => ({ do: 'place', order: placeOf(plot.orders, random), total: '100.00 CNY' }),
  },
  { weight: 40, invent: inventDeed },
];

const inventStep: Invent = (plot, random) => random.weighted(STEPS).invent(plot, random);

const inventBatch = (plot: Plot, random: SeededRandom): Said[] =>
  Array.from({ length: random.chance(0.8) ? 1 : random.integer(2, 4) }, () => inventSaid(plot, random));

const placeOf = (count: number, random: SeededRandom): number => random.integer(0, count - 1);
