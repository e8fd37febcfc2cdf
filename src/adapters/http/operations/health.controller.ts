import { Controller, Get, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Readiness } from '../../../application/readiness.js';
import { VERSION } from '../../observability/version.js';
import { Listeners } from '../server/listeners.js';
import { ApiProblems } from '../server/openapi-routes.js';
import { ProblemError, problem } from '../server/problem.js';

const OK = { status: 'ok' } as const;
const status = { type: 'string', enum: ['ok'] };
const version = { type: 'string', description: 'Absent on PORT if ADMIN_PORT is set.', example: VERSION };
const schema = { type: 'object', required: ['status'], properties: { status } };
const liveSchema = { ...schema, properties: { status, version } };

@ApiTags('operations')
@Controller('health')
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly listeners: Listeners,
  ) {}

  @Get('live')
  @ApiOperation({ operationId: 'getLiveness', summary: 'Answers 200 while the process runs' })
  @ApiOkResponse({ schema: liveSchema })
  live(@Req() { raw }: FastifyRequest): typeof OK & { version?: string } {
    return this.listeners.isFromGateways(raw) ? OK : { ...OK, version: VERSION };
  }

  @Get('ready')
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Answers 200 while callbacks can be stored, otherwise 503 with `faults` and their `codes`',
    description:
      'The result of a probe that stores a callback every five seconds and takes it back. The answer does not wait for the database.',
  })
  @ApiOkResponse({ schema })
  @ApiProblems(503)
  async ready(): Promise<typeof OK> {
    const faults = await this.readiness.check();
    if (faults.length > 0) {
      const texts = faults.map(({ text }) => text);
      const codes = [...new Set(faults.map(({ code }) => code))];
      throw new ProblemError(problem(503, texts.join('; '), { faults: texts, codes }), {
        'retry-after': '1',
      });
    }
    return OK;
  }
}
