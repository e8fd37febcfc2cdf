import { createHash } from 'node:crypto';

/** Chance that repeats: a seed and a purpose draw the same numbers, whatever is drawn for other purposes. */
export class Dice {
  private drawn = 0;

  constructor(private readonly seed: string) {}

  for(purpose: string): Dice {
    return new Dice(`${this.seed} ${purpose}`);
  }

  /** From 0 to just below 1. */
  fraction(): number {
    this.drawn += 1;
    return createHash('sha256').update(`${this.seed} ${this.drawn}`).digest().readUIntBE(0, 6) / 2 ** 48;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  chance(share: number): boolean {
    return this.fraction() < share;
  }

  oneOf<Item>(items: readonly Item[]): Item {
    return items[this.between(0, items.length - 1)]!;
  }

  /** One of the items, each as often as its weight says. */
  weighed<Item extends { readonly weight: number }>(items: readonly Item[]): Item {
    let left = this.fraction() * items.reduce((sum, { weight }) => sum + weight, 0);
    return items.find(({ weight }) => (left -= weight) < 0) ?? items.at(-1)!;
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    return items
      .map((item) => ({ item, place: this.fraction() }))
      .toSorted((left, right) => left.place - right.place)
      .map(({ item }) => item);
  }
}
