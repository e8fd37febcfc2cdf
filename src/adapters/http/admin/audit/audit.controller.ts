import { Controller, Get, Query, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AuditMoney, type AuditReport } from '../../../../application/audit/audit-money.js';
import type { Period } from '../../../../application/audit/audit-queries.js';
import { Clock } from '../../../../application/clock.js';
import { Semaphore } from '../../../../application/semaphore.js';
import { Busy } from '../../../../application/transaction.js';
import { AdminGuard } from '../../server/admin.guard.js';
import { BoundedReads } from '../../server/bounded-reads.js';
import { clientSignal } from '../../server/client-signal.js';
import { Needs } from '../../server/needs.js';
import { ApiOne } from '../../server/openapi-routes.js';
import { ProblemError, invalid } from '../../server/problem.js';
import { QueryValidationPipe } from '../../server/validation.js';
import { AuditQuery } from './bodies.js';
import { AuditDocument } from './views.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const DEFAULT_DAYS = 7;
const MOST_DAYS = 92;
/** Violations in one answer. */
const SHOWN = 100;
/** A second audit waits for the first one. */
const AUDITS = { running: 1, waiting: 2, waitMs: 30_000 };

/** Proves that each piece of money has exactly one owner. */
@ApiTags('discrepancies')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@Controller('admin/v1/audit')
export class AuditController {
  private readonly audits = new Semaphore(AUDITS, (why) => new Busy(why));

  constructor(
    private readonly auditMoney: AuditMoney,
    private readonly reads: BoundedReads,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({
    operationId: 'auditMoney',
    summary: 'Proves from the tables that each piece of money has exactly one owner',
    description:
      `Examines the money that was stored between \`from\` and \`to\`: by default that of the last ${DEFAULT_DAYS} days, and that of ${MOST_DAYS} days ` +
      'at most. It reads the tables page by page, without locks, and rests between the pages while callbacks come. A million payments take some ' +
      'seconds on an idle service, and a minute or more beside heavy traffic.',
  })
  @ApiOne(AuditDocument)
  async audit(
    @Query(QueryValidationPipe) query: AuditQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuditDocument> {
    const period = this.periodOf(query);
    const signal = clientSignal(reply);
    // Each page is a bounded read of its own, so that other reads have their turns in between.
    const turn = <Page>(page: () => Promise<Page>) => this.reads.run(page, signal);
    return documentOf(
      await this.audits.run(() => this.auditMoney.execute(period, { turn, signal }), { signal }),
    );
  }

  /** Nothing was stored in a period that has not begun, so a result of it would prove nothing. */
  private periodOf({ from, to = this.clock.now().toISOString() }: AuditQuery): Period {
    const now = this.clock.now();
    if (from !== undefined && Date.parse(from) > now.getTime()) throw notYet('from', now);
    const end = Date.parse(to);
    if (from === undefined && end - DEFAULT_DAYS * DAY_MS > now.getTime()) throw notYet('to', now);
    const period = { from: from ?? new Date(end - DEFAULT_DAYS * DAY_MS).toISOString(), to };
    if (end - Date.parse(period.from) <= MOST_DAYS * DAY_MS) return period;
    const message = `must be at most ${MOST_DAYS} days before to, which is now by default`;
    throw new ProblemError(invalid([{ field: 'from', message }]));
  }
}

function notYet(field: string, now: Date): ProblemError {
  const message = `names a period that has not begun: it is ${now.toISOString()} now`;
  return new ProblemError(invalid([{ field, message }]));
}

function documentOf({ broken, ...report }: AuditReport): AuditDocument {
  const violations = broken.flatMap(({ violations: names, ...piece }) =>
    names.map((violation) => ({ violation, ...piece })),
  );
  return { ...report, violations: violations.slice(0, SHOWN) };
}
