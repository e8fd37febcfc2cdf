import type { Clock } from '../clock.js';
import { pieceKey, type AuditMoney, type AuditOptions, type AuditReport } from './audit-money.js';
import { STORED_SOURCES, type AuditQueries, type BrokenPiece, type Violation } from './audit-queries.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const WHOLE_PERIOD_MS = 90 * DAY_MS;
/** Rows may be committed so long after their time, and clocks of processes may differ by so much. */
const OVERLAP_MS = 60_000;

/** Bounds the memory. With so many broken pieces nobody counts them any more. */
const KNOWN_LIMIT = 10_000;

type Turn = Required<AuditOptions>['turn'];

/** A violation that was not known before. */
export interface FoundViolation extends Omit<BrokenPiece, 'violations'> {
  readonly violation: Violation;
}

export interface WatchResult {
  readonly found: readonly FoundViolation[];
  /** How many pieces are known to break the law now. */
  readonly unowned: number;
  /** What this process has examined ends here. */
  readonly auditedTo: Date;
}

/**
 * Asks again and again whether each piece of money has exactly one owner: of what is new, and once a day of what the last 90 days have
 * brought. Knows what this process has found: the first whole audit after a start finds again what another process has found before.
 */
export class WatchMoney {
  private auditedTo: Date;
  private wholeAuditAt: Date | null = null;
  private known: ReadonlyMap<string, BrokenPiece> = new Map();
  /** Found by the last whole audit beyond those that are known by name. */
  private more = 0;

  constructor(
    private readonly audit: AuditMoney,
    private readonly queries: AuditQueries,
    private readonly clock: Clock,
  ) {
    this.auditedTo = clock.now();
  }

  /** Audits what was stored or changed since the last time, and what was broken then. */
  async auditNew(turn: Turn, signal?: AbortSignal): Promise<WatchResult> {
    const to = this.clock.now();
    const period = periodOf(this.auditedTo.getTime() - OVERLAP_MS, to);
    const report = await this.audit.execute(period, {
      sources: [...STORED_SOURCES, 'events'],
      turn,
      signal,
    });
    const asked = this.known;
    const still = asked.size ? await turn(() => this.queries.examine([...asked.values()])) : [];
    // The other audit may have found more in the meantime.
    const others = [...this.known].flatMap(([key, piece]) => (asked.has(key) ? [] : [piece]));
    this.auditedTo = to;
    return this.learn([...others, ...still, ...report.broken]);
  }

  /** Audits everything of the last 90 days if that is due. Null if it is not. */
  async auditAll(turn: Turn, signal?: AbortSignal): Promise<WatchResult | null> {
    const to = this.clock.now();
    if (this.wholeAuditAt && to.getTime() - this.wholeAuditAt.getTime() < DAY_MS) return null;
    const report: AuditReport = await this.audit.execute(periodOf(to.getTime() - WHOLE_PERIOD_MS, to), {
      turn,
      signal,
    });
    this.wholeAuditAt = to;
    this.more = report.unowned - report.broken.length;
    // What was found meanwhile is examined again with what is new.
    return this.learn([...this.known.values(), ...report.broken]);
  }

  private learn(broken: readonly BrokenPiece[]): WatchResult {
    const before = this.known;
    const now = new Map(broken.slice(0, KNOWN_LIMIT).map((each) => [pieceKey(each), each]));
    this.known = now;
    const found = [...now].flatMap(([key, { violations, ...piece }]) =>
      violations
        .filter((violation) => !before.get(key)?.violations.includes(violation))
        .map((violation) => ({ ...piece, violation })),
    );
    return { found, unowned: now.size + this.more, auditedTo: this.auditedTo };
  }
}

const periodOf = (from: number, to: Date) => ({ from: new Date(from).toISOString(), to: to.toISOString() });
