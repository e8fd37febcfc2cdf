import type { SeededRandom } from '../chaos/seeded-random.js';
import { RESOLUTIONS } from '../../src/domain/cases/endings.js';
import type { Plot } from './invent-story.js';
import type { MoneyText, Step } from './story.js';

type Invent = (plot: Plot, random: SeededRandom) => Step;

const NTH = (random: SeededRandom): number => random.integer(0, 19);

const MOVES = ['cancelled', 'cancelled', 'shipped', 'completed', 'refunding', 'refunded', 'paid'] as const;

/** Nothing for all that is left; a part, the rest of it, the whole, too much, and another currency. */
const AMOUNTS: readonly (MoneyText | null)[] = [
  null,
  null,
  '40.00 CNY',
  '60.00 CNY',
  '100.00 CNY',
  '150.00 CNY',
  '40.00 USD',
];

const DEEDS: readonly { readonly weight: number; readonly invent: Invent }[] = [
  {
    weight: 10,
    invent: ({ orders }, random) => ({
      do: 'move order',
      order: random.integer(0, orders - 1),
      to: random.oneOf(MOVES),
    }),
  },
  {
    weight: 3,
    invent: ({ payments }, random) => ({
      do: 'move payment',
      payment: random.integer(0, payments.length - 1),
      to: random.chance(0.7) ? 'cancelled' : 'processing',
    }),
  },
  { weight: 16, invent: inventResolution },
  {
    weight: 1,
    invent: (_, random) => ({ do: 'assign', nth: NTH(random), to: random.chance(0.7) ? 'vera' : null }),
  },
  { weight: 1, invent: (_, random) => ({ do: 'note', nth: NTH(random) }) },
  { weight: 8, invent: (_, random) => ({ do: 'replay', nth: NTH(random) }) },
  { weight: 2, invent: (_, random) => ({ do: 'explain', nth: NTH(random) }) },
];

/** Something that a person does. */
export const inventDeed: Invent = (plot, random) => random.weighted(DEEDS).invent(plot, random);

function inventResolution({ payments }: Plot, random: SeededRandom): Step {
  const resolution = random.oneOf(RESOLUTIONS.filter((each) => each !== 'refund'));
  const isRefund = resolution === 'refunded_elsewhere';
  return {
    do: 'resolve',
    nth: NTH(random),
    open: random.chance(0.9),
    resolution,
    amount: isRefund ? random.oneOf(AMOUNTS) : null,
    reference: isRefund ? random.integer(0, 5) : null,
    payment: resolution === 'attach' ? random.integer(0, payments.length) : null,
  };
}
