import { Controller, Get, Param, Query, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  DisputeQueries,
  type DisputeDetail,
  type DisputeView,
} from '../../../../application/disputes/dispute-queries.js';
import { AdminGuard } from '../../server/admin.guard.js';
import { BoundedReadsInterceptor } from '../../server/bounded-reads.interceptor.js';
import { ROW_ID } from '../../server/field-validators.js';
import { Needs } from '../../server/needs.js';
import { ApiList, ApiOne } from '../../server/openapi-routes.js';
import { type List, listOf, pageRequest } from '../../server/pagination.js';
import { PathParameterPipe } from '../../server/path-parameter.pipe.js';
import { notFound } from '../../server/problem.js';
import { QueryValidationPipe } from '../../server/validation.js';
import { DisputesQuery } from './bodies.js';
import { DisputeDetailDocument, DisputeDocument } from './views.js';

const DisputeRowId = new PathParameterPipe(ROW_ID, 'dispute');

@ApiTags('disputes')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@UseInterceptors(BoundedReadsInterceptor)
@Controller('admin/v1/disputes')
export class DisputesController {
  constructor(private readonly queries: DisputeQueries) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ operationId: 'listDisputes', summary: 'Lists disputes, without their logs' })
  @ApiList(DisputeDocument)
  async list(@Query(QueryValidationPipe) query: DisputesQuery): Promise<List<DisputeView>> {
    const { limit, cursor, ...filter } = query;
    return listOf(await this.queries.list(filter, pageRequest({ limit, cursor })));
  }

  @Get(':id')
  @Needs('viewer')
  @ApiOperation({ operationId: 'getDispute', summary: 'Shows a dispute with the newest entries of its log' })
  @ApiOne(DisputeDetailDocument)
  async show(@Param('id', DisputeRowId) id: string): Promise<DisputeDetail> {
    const found = await this.queries.find(id);
    if (!found) throw notFound('dispute', id);
    return found;
  }
}
