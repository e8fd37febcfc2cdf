import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Readiness } from '../../../application/readiness.js';
import { ApiProblems } from '../server/openapi-routes.js';
import { ProblemError, problem } from '../server/problem.js';

const OK = { status: 'ok' } as const;
const schema = { type: 'object', properties: { status: { type: 'string', enum: ['ok'] } } };

@ApiTags('operations')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @ApiOperation({ summary: 'Answers 200 while the process runs' })
  @ApiOkResponse({ schema })
  live(): typeof OK {
    return OK;
  }

  @Get('ready')
  @ApiOperation({
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
