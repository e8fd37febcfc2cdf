import {
  Controller,
  Delete,
  Get,
  HttpStatus,
  Param,
  type PipeTransform,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomBytes } from 'node:crypto';
import {
  DeliveryQueries,
  type DeliveryView,
  type EndpointView,
} from '../../../../application/events/delivery-queries.js';
import {
  addEndpoint,
  changeEndpointSecret,
  redeliver,
  removeEndpoint,
  resumeEndpoint,
} from '../../../../application/events/webhook-endpoints.js';
import { WebhookTargets } from '../../../../application/events/webhook-targets.js';
import type { WriteResult } from '../../../../application/idempotency/idempotent-write.js';
import type { Transaction } from '../../../../application/transaction.js';
import { AdminGuard } from '../../server/admin.guard.js';
import { BoundedReadsInterceptor } from '../../server/bounded-reads.interceptor.js';
import { ROW_ID } from '../../server/field-validators.js';
import { ApiAction, ApiList, ApiOne, ApiProblems, ApiWrite } from '../../server/openapi-routes.js';
import { type List, ListQuery, listOf, pageRequest } from '../../server/pagination.js';
import { invalid, notFound, problem } from '../../server/problem.js';
import { NoBody, QueryValidationPipe } from '../../server/validation.js';
import { IdempotentHandler, refused } from '../idempotent-handler.js';
import { EndpointBody } from './bodies.js';
import { DeliveryDocument, EndpointDocument, EndpointWithSecretDocument } from './views.js';

/** Text that is not an id names no endpoint, as 0 does: it is answered like any other unknown id. */
const EndpointId: PipeTransform<string, string> = { transform: (id) => (ROW_ID.test(id) ? id : '0') };

/** Endpoints are added one after the other. */
const NEW_ENDPOINT = { endpointId: 'new' };

/** The endpoints that events are sent to, and the delivery of each event. */
@ApiTags('events')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@UseInterceptors(BoundedReadsInterceptor)
@Controller('admin/v1/webhook-endpoints')
export class WebhookEndpointsController {
  constructor(
    private readonly queries: DeliveryQueries,
    private readonly writes: IdempotentHandler,
    private readonly targets: WebhookTargets,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lists webhook endpoints' })
  @ApiList(EndpointDocument)
  async list(@Query(QueryValidationPipe) query: ListQuery): Promise<List<EndpointView>> {
    return listOf(await this.queries.endpoints(pageRequest(query)));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Shows a webhook endpoint' })
  @ApiOne(EndpointDocument)
  async show(@Param('id', EndpointId) id: string): Promise<EndpointView> {
    const endpoint = await this.queries.endpoint(id);
    if (!endpoint) throw notFound('webhook endpoint');
    return endpoint;
  }

  @Get(':id/deliveries')
  @ApiOperation({ summary: 'Lists the deliveries to an endpoint, sent and waiting' })
  @ApiList(DeliveryDocument)
  @ApiProblems(404)
  async deliveries(
    @Param('id', EndpointId) id: string,
    @Query(QueryValidationPipe) query: ListQuery,
  ): Promise<List<DeliveryView>> {
    await this.show(id);
    return listOf(await this.queries.deliveries(id, pageRequest(query)));
  }

  @Post()
  @ApiOperation({
    summary: 'Adds a webhook endpoint, which receives every event from now on; shows its secret once',
  })
  @ApiWrite(EndpointBody, HttpStatus.CREATED, EndpointWithSecretDocument)
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: NEW_ENDPOINT },
      EndpointBody,
      async (tx, { url, events }, { at }) => {
        const fault = this.targets.fault(url);
        if (fault) return refused(invalid([{ field: 'url', message: fault }]));
        const secret = generateSecret();
        const id = await addEndpoint(tx, { url, events: events ?? null }, secret, at);
        return id === null ? refused(TOO_MANY) : shown(tx, id, 201, { secret });
      },
    );
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Removes an endpoint and its deliveries; nothing more is sent to it' })
  @ApiAction(HttpStatus.OK, EndpointDocument)
  @ApiProblems(404)
  async remove(
    @Param('id', EndpointId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle({ request, reply, subject: { endpointId: id } }, NoBody, async (tx) => {
      const last = await shown(tx, id, 200);
      return (await removeEndpoint(tx, id)) === 'done' ? last : refused(ENDPOINT_UNKNOWN);
    });
  }

  @Post(':id/resume')
  @ApiOperation({ summary: 'Ends the pause of an endpoint; all events that wait are sent now' })
  @ApiAction(HttpStatus.OK, EndpointDocument)
  @ApiProblems(404)
  async resume(
    @Param('id', EndpointId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { endpointId: id } },
      NoBody,
      async (tx, _body, { at }) => {
        const done = await resumeEndpoint(tx, id, at);
        return done === 'done' ? shown(tx, id, 200) : refused(ENDPOINT_UNKNOWN);
      },
    );
  }

  @Post(':id/secret')
  @ApiOperation({
    summary: 'Generates a new secret and shows it once; for 24 hours requests are signed with both',
  })
  @ApiAction(HttpStatus.OK, EndpointWithSecretDocument)
  @ApiProblems(404)
  async rotate(
    @Param('id', EndpointId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { endpointId: id } },
      NoBody,
      async (tx, _body, { at }) => {
        const secret = generateSecret();
        const done = await changeEndpointSecret(tx, id, secret, at);
        return done === 'done' ? shown(tx, id, 200, { secret }) : refused(ENDPOINT_UNKNOWN);
      },
    );
  }

  @Post(':id/deliveries/:eventId/redeliver')
  @ApiOperation({ summary: 'Sends an event to an endpoint again, with all its retries' })
  @ApiAction(HttpStatus.OK, DeliveryDocument)
  @ApiProblems(404)
  async redeliver(
    @Param('id', EndpointId) id: string,
    @Param('eventId') eventId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { endpointId: id } },
      NoBody,
      async (tx, _body, { at }): Promise<WriteResult> => {
        const delivery = await redeliver(tx, id, eventId, at);
        if (delivery === 'endpoint_unknown') return refused(ENDPOINT_UNKNOWN);
        if (delivery === 'delivery_unknown') return refused(DELIVERY_UNKNOWN);
        return delivery === 'sending' ? refused(SENDING) : { status: 200, body: delivery };
      },
    );
  }
}

async function shown(tx: Transaction, id: string, status: number, more: object = {}): Promise<WriteResult> {
  return { status, body: { ...(await tx.of(DeliveryQueries).endpoint(id)), ...more } };
}

function generateSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

const ENDPOINT_UNKNOWN = notFound('webhook endpoint').problem;
const DELIVERY_UNKNOWN = notFound('delivery').problem;
const TOO_MANY = problem(
  409,
  'The maximum number of webhook endpoints exists already; nothing was created. Delete one first.',
  { code: 'too_many_endpoints' },
);
const SENDING = problem(
  409,
  'This event is being sent to the endpoint at the moment; nothing was changed. Wait for the result of ' +
    'this attempt.',
  { code: 'sending' },
);
