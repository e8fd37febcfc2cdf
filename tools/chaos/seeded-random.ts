import { createHash } from 'node:crypto';

/** Repeatable random numbers. Each stream of a seed has its own sequence, whatever the other streams have drawn. */
export class SeededRandom {
  private drawn = 0;

  constructor(private readonly seed: string) {}

  stream(purpose: string): SeededRandom {
    return new SeededRandom(`${this.seed} ${purpose}`);
  }

  /** From 0 inclusive to 1 exclusive. */
  fraction(): number {
    this.drawn += 1;
    return createHash('sha256').update(`${this.seed} ${this.drawn}`).digest().readUIntBE(0, 6) / 2 ** 48;
  }

  /** A whole number, both ends included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  oneOf<Item>(items: readonly Item[]): Item {
    return items[this.integer(0, items.length - 1)]!;
  }

  /** One of the items, with a probability in proportion to its weight. */
  weighted<Item extends { readonly weight: number }>(items: readonly Item[]): Item {
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
