import type { Clock } from '../clock.js';
import { AuditPace } from './audit-pace.js';
import {
  AuditQueries,
  STORED_SOURCES,
  type AuditPage,
  type AuditSource,
  type AuditWalk,
  type BrokenPiece,
  type Period,
} from './audit-queries.js';

/** More broken pieces than a person looks at. What is beyond them is counted. */
const SHOWN = 1_000;

export interface AuditReport extends Period {
  readonly checkedAt: Date;
  /** How many pieces of money were examined. */
  readonly pieces: number;
  /** How many of them break the law. */
  readonly unowned: number;
  /** The first thousand of these. */
  readonly broken: readonly BrokenPiece[];
}

export interface AuditOptions {
  /** What is read; by default all tables that name money. */
  readonly sources?: readonly AuditSource[];
  /** Runs each page. It may wait before one, or throw to end the audit. */
  readonly turn?: <Page>(page: () => Promise<Page>) => Promise<Page>;
  /** Ends the rests between pages at once. The next turn has to throw then. */
  readonly signal?: AbortSignal;
}

/** Asks of each piece of money of a period whether it has exactly one owner. Reads page by page, so its memory does not grow. */
export class AuditMoney {
  constructor(
    private readonly queries: AuditQueries,
    private readonly clock: Clock,
  ) {}

  async execute(
    { from, to }: Period,
    { sources = STORED_SOURCES, turn = (page) => page(), signal }: AuditOptions = {},
  ): Promise<AuditReport> {
    const checkedAt = this.clock.now();
    const found = new Findings();
    const pace = new AuditPace();
    for (const source of sources) {
      let walk: AuditWalk | null = await turn(() => this.queries.walk(source, { from, to }));
      while (walk) {
        const rest: AuditWalk = walk;
        await pace.rest(signal);
        const page = await turn(() => pace.measured(() => this.queries.page(rest)));
        found.add(page);
        walk = page.next;
      }
    }
    const { pieces, unowned, broken } = found;
    return { checkedAt, from, to, pieces, unowned, broken: [...broken.values()] };
  }
}

class Findings {
  pieces = 0;
  unowned = 0;
  readonly broken = new Map<string, BrokenPiece>();

  add({ pieces, broken }: AuditPage): void {
    this.pieces += pieces;
    for (const each of broken) {
      const key = pieceKey(each);
      // A piece whose rows are far apart may be found twice.
      if (this.broken.has(key)) continue;
      this.unowned += 1;
      if (this.broken.size < SHOWN) this.broken.set(key, each);
    }
  }
}

export const pieceKey = ({ gateway, transactionId }: BrokenPiece): string => `${gateway} ${transactionId}`;
