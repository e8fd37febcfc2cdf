import { randomBytes } from 'node:crypto';
import { Controller, Delete, Get, HttpStatus, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from '../../application/idempotent-write.js';
import {
  DeliveryQueries,
  WebhookTargets,
  type DeliveryView,
  type EndpointView,
} from '../../application/outbox.js';
import type { Stores } from '../../application/ports.js';
import {
  addEndpoint,
  changeEndpointSecret,
  redeliver,
  removeEndpoint,
  resumeEndpoint,
} from '../../application/webhook-endpoints.js';
import { AdminGuard } from './admin.guard.js';
import { AdminWrites, refused } from './admin-writes.js';
import { CheckedQuery, NoBody } from './checked.js';
import { ApiAction, ApiList, ApiOne, ApiProblems, ApiWrite } from './documented.js';
import { listOf, ListQuery, pageRequest, type List } from './lists.js';
import { invalid, notFound, problem } from './problem.js';
import {
  DeliveryDocument,
  EndpointBody,
  EndpointDocument,
  EndpointWithSecretDocument,
} from './webhook-documents.js';

const ENDPOINT_UNKNOWN = notFound('webhook endpoint').problem;
const DELIVERY_UNKNOWN = notFound('delivery').problem;
const TOO_MANY = problem(409, 'There are as many webhook endpoints as there may be; delete one first.', {
  code: 'too_many_endpoints',
});
const SENDING = problem(409, 'This event is being sent to the endpoint just now.', { code: 'sending' });

/** Where events are sent, and what became of each. */
@ApiTags('events')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@Controller('admin/v1/webhook-endpoints')
export class WebhookEndpointsController {
  constructor(
    private readonly queries: DeliveryQueries,
    private readonly writes: AdminWrites,
    private readonly targets: WebhookTargets,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lists webhook endpoints' })
  @ApiList(EndpointDocument)
  async list(@Query(CheckedQuery) query: ListQuery): Promise<List<EndpointView>> {
    return listOf(await this.queries.endpoints(pageRequest(query)));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Shows a webhook endpoint' })
  @ApiOne(EndpointDocument)
  async show(@Param('id') id: string): Promise<EndpointView> {
    const endpoint = await this.queries.endpoint(idOf(id));
    if (!endpoint) throw notFound('webhook endpoint');
    return endpoint;
  }

  @Get(':id/deliveries')
  @ApiOperation({ summary: 'Lists what was sent to an endpoint or waits to be' })
  @ApiList(DeliveryDocument)
  @ApiProblems(404)
  async deliveries(
    @Param('id') id: string,
    @Query(CheckedQuery) query: ListQuery,
  ): Promise<List<DeliveryView>> {
    const { id: endpointId } = await this.show(id);
    return listOf(await this.queries.deliveries(endpointId, pageRequest(query)));
  }

  @Post()
  @ApiOperation({
    summary: 'Adds a webhook endpoint, which gets every event from now on; shows its secret once',
  })
  @ApiWrite(EndpointBody, HttpStatus.CREATED, EndpointWithSecretDocument)
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.writes.answer(request, reply, EndpointBody, async (stores, { url, events }, { at }) => {
      const fault = this.targets.fault(url);
      if (fault) return refused(invalid([{ field: 'url', message: fault }]));
      const secret = drawSecret();
      const id = await addEndpoint(stores, { url, events: events ?? null }, secret, at);
      return id === null ? refused(TOO_MANY) : shown(stores, id, 201, { secret });
    });
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Sends nothing more to an endpoint, and forgets it and its deliveries' })
  @ApiAction(HttpStatus.OK, EndpointDocument)
  @ApiProblems(404)
  async remove(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.answer(request, reply, NoBody, async (stores) => {
      const last = await shown(stores, idOf(id), 200);
      return (await removeEndpoint(stores, idOf(id))) === 'done' ? last : refused(ENDPOINT_UNKNOWN);
    });
  }

  @Post(':id/resume')
  @ApiOperation({ summary: 'Ends a pause: everything that has gathered is sent, beginning now' })
  @ApiAction(HttpStatus.OK, EndpointDocument)
  @ApiProblems(404)
  async resume(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.answer(request, reply, NoBody, async (stores, _, { at }) => {
      const done = await resumeEndpoint(stores, idOf(id), at);
      return done === 'done' ? shown(stores, id, 200) : refused(ENDPOINT_UNKNOWN);
    });
  }

  @Post(':id/secret')
  @ApiOperation({ summary: 'Draws a new secret, shown once; for 24 hours the old one signs as well' })
  @ApiAction(HttpStatus.OK, EndpointWithSecretDocument)
  @ApiProblems(404)
  async rotate(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.answer(request, reply, NoBody, async (stores, _, { at }) => {
      const secret = drawSecret();
      const done = await changeEndpointSecret(stores, idOf(id), secret, at);
      return done === 'done' ? shown(stores, id, 200, { secret }) : refused(ENDPOINT_UNKNOWN);
    });
  }

  @Post(':id/deliveries/:eventId/redeliver')
  @ApiOperation({ summary: 'Sends an event to an endpoint once more, with all its retries' })
  @ApiAction(HttpStatus.OK, DeliveryDocument)
  @ApiProblems(404)
  async redeliver(
    @Param('id') id: string,
    @Param('eventId') eventId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.answer(request, reply, NoBody, async (stores, _, { at }): Promise<Answer> => {
      const delivery = await redeliver(stores, idOf(id), eventId, at);
      if (delivery === 'endpoint_unknown') return refused(ENDPOINT_UNKNOWN);
      if (delivery === 'delivery_unknown') return refused(DELIVERY_UNKNOWN);
      return delivery === 'sending' ? refused(SENDING) : { status: 200, body: delivery };
    });
  }
}

/** What is no id at all names no endpoint, as 0 does. */
function idOf(text: string): string {
  return /^[1-9]\d{0,17}$/.test(text) ? text : '0';
}

async function shown(stores: Stores, id: string, status: number, more: object = {}): Promise<Answer> {
  return { status, body: { ...(await stores.deliveries.endpoint(id)), ...more } };
}

function drawSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}
