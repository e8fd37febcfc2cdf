import { Controller, Get, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { DeliveryQueries } from '../../../../application/events/delivery-queries.js';
import { type EventStream, EventStreams } from '../../../../application/events/event-streams.js';
import { AdminGuard } from '../../server/admin.guard.js';
import { BoundedReadsInterceptor } from '../../server/bounded-reads.interceptor.js';
import { Needs } from '../../server/needs.js';
import { NullableText, Text } from '../../server/openapi-fields.js';
import { ApiList } from '../../server/openapi-routes.js';
import type { List } from '../../server/pagination.js';

class EventStreamDocument implements EventStream {
  @Text('QUITTANCE') readonly stream: string;
  @ApiProperty({
    type: Boolean,
    description:
      'Of the process that answers: it has a connection to the server, and has found or created the stream. Another replica ' +
      'may have one all the same.',
  })
  readonly connected: boolean;
  @NullableText(
    'Of the process that answers: why it has no connection, or why the stream refused the newest of the events that are ' +
      'still refused. Null if neither is so.',
  )
  readonly lastError: string | null;
  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'Of the whole installation: the age of the oldest event that the stream has not received, by the database. Null if no ' +
      'process has registered the stream yet.',
  })
  readonly lagSeconds: number | null;
}

/** The lag belongs to the database, so it is right whichever replica answers. A connection belongs to a process. */
@ApiTags('events')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@UseInterceptors(BoundedReadsInterceptor)
@Controller('admin/v1/event-streams')
export class EventStreamsController {
  constructor(
    private readonly streams: EventStreams,
    private readonly deliveries: DeliveryQueries,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({
    operationId: 'listEventStreams',
    summary: 'Lists the JetStream streams that events go to; none unless EVENTS_NATS_URL is set',
  })
  @ApiList(EventStreamDocument)
  async list(): Promise<List<EventStreamDocument>> {
    const streams = this.streams.streams();
    const lags = streams.length > 0 ? await this.deliveries.lags() : [];
    const lagSeconds = lags.find(({ subscriber }) => subscriber === 'nats')?.seconds ?? null;
    return { items: streams.map((each) => ({ ...each, lagSeconds })), nextCursor: null };
  }
}
