import { setTimeout as sleep } from 'node:timers/promises';
import type { CaseAnswer, DeedRecord } from './history.js';
import { type CaseToFind, type Deed, OPERATORS, type PlannedCallback, type PlannedDeed } from './plan.js';

const TIMEOUT_MS = 12_000;
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 3_000;
const CURRENCY = 'CNY';

/** Setting of the service for their tokens, beside the one of the shop. */
export const ADMIN_TOKENS = [
  'dev:operator:dev-token',
  ...OPERATORS.map((name) => `${name}:operator:${name}-token`),
].join(',');

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A callback or a case in a list. */
interface Listed {
  readonly id: string;
  readonly kind: string;
  readonly outcome?: string;
}

/** What a deed asks for. */
interface Asked {
  readonly route: string;
  readonly body: object;
}

/** Two operators who act over HTTP. Each of their requests has an Idempotency-Key, and is repeated under that key until its final answer. */
export class Operators {
  readonly deeds: DeedRecord[] = [];

  constructor(
    private readonly urlOf: (replica: number) => string,
    private readonly hasStopped: () => boolean,
  ) {}

  async perform(planned: PlannedDeed): Promise<void> {
    const at = Date.now();
    const subject = await this.subjectOf(planned);
    if (subject === null) {
      const answer = this.hasStopped() ? 'none' : 'no case';
      this.deeds.push({ deed: planned.key, at, attempts: 0, subject, answer, says: null, repeated: null });
      return;
    }
    const asked = askedBy(planned, subject);
    const { attempts, last } = await this.untilFinal(planned, asked);
    const repeated =
      planned.isRepeated && last && last.status < 300
        ? await this.repeatedAnswer(planned, asked, last)
        : null;
    const [answer, says] = [nameOf(last), saidBy(last)];
    this.deeds.push({ deed: planned.key, at, attempts, subject, answer, says, repeated });
  }

  /** Resolves when the callback is decided. */
  async awaitDecision({ gateway, eventId }: Pick<PlannedCallback, 'gateway' | 'eventId'>): Promise<void> {
    await this.patiently(async (replica) => {
      const callbacks = await this.list(replica, OPERATORS[0], 'callbacks', { gateway, eventId });
      return callbacks && isDecided(callbacks) ? true : undefined;
    });
  }

  /** Asks until an answer is final. The answer to the first request may be lost by plan. */
  private async untilFinal(
    planned: PlannedDeed,
    asked: Asked,
  ): Promise<{ attempts: number; last: Answer | null }> {
    const { to, losesAnswerAfterMs } = planned;
    let attempts = 0;
    const next = (): number => (to + attempts++) % 2;
    if (losesAnswerAfterMs !== null) await this.post(planned, next(), asked, losesAnswerAfterMs);
    const last = await this.patiently(async () => {
      const answer = await this.post(planned, next(), asked);
      return answer && isFinal(answer) ? answer : undefined;
    });
    return { attempts, last: last ?? null };
  }

  /** What was done is asked again under its key, and must be answered as before. */
  private async repeatedAnswer(planned: PlannedDeed, asked: Asked, first: Answer): Promise<string | null> {
    const { last } = await this.untilFinal({ ...planned, losesAnswerAfterMs: null }, asked);
    if (!last) return null;
    return last.status === first.status && last.text === first.text
      ? 'the same'
      : `${last.status} ${last.text}`;
  }

  /** The id of the case or of the callback, or the order's number. Null if there is no such case. */
  private subjectOf({ deed, operator }: PlannedDeed): Promise<string | null> {
    if (deed.type === 'move') return Promise.resolve(deed.orderNumber);
    if (deed.type === 'replay') return this.callbackId(deed, operator);
    return this.caseId(deed.case, operator);
  }

  /** An acknowledged callback is stored, so it is there. */
  private async callbackId(
    { callback: { gateway, eventId } }: Extract<Deed, { type: 'replay' }>,
    operator: string,
  ): Promise<string | null> {
    const found = await this.patiently(async (replica) => {
      const rows = await this.list(replica, operator, 'callbacks', { gateway, eventId });
      return rows?.[0]?.id;
    });
    return found ?? null;
  }

  /** Waits for the case. There is none if every callback about the payment or the order is decided and none has opened it. */
  private async caseId({ kinds, about }: CaseToFind, operator: string): Promise<string | null> {
    const found = await this.patiently(async (replica) => {
      const callbacks = await this.list(replica, operator, 'callbacks', about);
      const cases = await this.list(replica, operator, 'discrepancies', about);
      if (!callbacks || !cases) return undefined;
      const right = cases.find(({ kind }) => kinds.some((each) => each === kind));
      if (right) return right.id;
      return isDecided(callbacks) ? null : undefined;
    });
    return found ?? null;
  }

  /** Tries at one replica and then at the other, until there is a result or the run has stopped. */
  private async patiently<Result>(
    attempt: (replica: number) => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    let backoff = FIRST_BACKOFF_MS;
    for (let replica = 0; !this.hasStopped(); replica = 1 - replica) {
      const result = await attempt(replica);
      if (result !== undefined) return result;
      await sleep(backoff);
      backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS);
    }
    return undefined;
  }

  private async list(
    replica: number,
    operator: string,
    name: 'callbacks' | 'discrepancies',
    filter: object,
  ): Promise<Listed[] | null> {
    const query = new URLSearchParams(filter as Record<string, string>);
    const answer = await this.request(replica, `${name}?${query.toString()}`, {
      headers: { authorization: `Bearer ${operator}-token` },
    });
    if (answer?.status !== 200) return null;
    return (JSON.parse(answer.text) as { items: Listed[] }).items;
  }

  private post(
    { key, operator }: PlannedDeed,
    replica: number,
    { route, body }: Asked,
    withinMs = TIMEOUT_MS,
  ): Promise<Answer | null> {
    const headers = {
      authorization: `Bearer ${operator}-token`,
      'content-type': 'application/json',
      'idempotency-key': key,
    };
    return this.request(replica, route, { method: 'POST', headers, body: JSON.stringify(body) }, withinMs);
  }

  /** Null if there was no answer. */
  private async request(
    replica: number,
    route: string,
    init: RequestInit,
    withinMs = TIMEOUT_MS,
  ): Promise<Answer | null> {
    try {
      const url = `${this.urlOf(replica)}/admin/v1/${route}`;
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(withinMs) });
      return { status: response.status, text: await response.text() };
    } catch {
      return null;
    }
  }
}

function askedBy({ key, deed }: PlannedDeed, subject: string): Asked {
  if (deed.type === 'resolve')
    return { route: `discrepancies/${subject}/resolve`, body: resolutionBody(key, deed) };
  if (deed.type === 'assign')
    return { route: `discrepancies/${subject}/assign`, body: { assignee: deed.assignee } };
  if (deed.type === 'note') return { route: `discrepancies/${subject}/notes`, body: { note: key } };
  if (deed.type === 'replay') return { route: `callbacks/${subject}/replay`, body: {} };
  return { route: `orders/${subject}/transitions`, body: { to: deed.to, note: key } };
}

/** The key of the deed is its note as well. A refund that no other operator means has it as its reference. */
function resolutionBody(
  key: string,
  { resolution, paymentNumber, amount, reference = key }: Extract<Deed, { type: 'resolve' }>,
): object {
  return {
    resolution,
    note: key,
    ...(resolution === 'refunded_elsewhere' && { reference }),
    ...(paymentNumber !== undefined && { paymentNumber }),
    ...(amount !== undefined && { amount: { amount, currency: CURRENCY } }),
  };
}

const isDecided = (callbacks: readonly Listed[]): boolean =>
  callbacks.length > 0 && callbacks.every(({ outcome }) => outcome !== 'pending');

/** Neither a key in flight nor a 5xx is final. */
const isFinal = ({ status, text }: Answer): boolean => status < 500 && !text.includes('key_in_flight');

/** `done`, the code of the refusal, or its status if it has none. */
function nameOf(answer: Answer | null): string {
  if (!answer) return 'none';
  const { status, text } = answer;
  return status < 300 ? 'done' : ((JSON.parse(text) as { code?: string }).code ?? String(status));
}

/** What an answer about a case says of its end. A refusal says how another operator has ended it. */
function saidBy(answer: Answer | null): CaseAnswer | null {
  if (!answer) return null;
  const said = JSON.parse(answer.text) as Partial<CaseAnswer>;
  if (!('resolvedBy' in said)) return null;
  const { resolvedBy = null, resolution = null, endedBy = null, reason = null } = said;
  return { resolvedBy, resolution, endedBy, reason };
}
