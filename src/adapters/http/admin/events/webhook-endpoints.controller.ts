import {
  Controller,
  Delete,
  Get,
  HttpStatus,
  Param,
  Patch,
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
import { ReplayEvents } from '../../../../application/events/replay-events.js';
import { TestEndpoint } from '../../../../application/events/test-endpoint.js';
import {
  addEndpoint,
  changeEndpoint,
  changeEndpointSecret,
  redeliver,
  removeEndpoint,
  resumeEndpoint,
} from '../../../../application/events/webhook-endpoints.js';
import { WebhookTargets } from '../../../../application/events/webhook-targets.js';
import type { WriteResult } from '../../../../application/idempotency/idempotent-write.js';
import type { Transaction } from '../../../../application/transaction.js';
import { eventNumber } from '../../../../domain/events/published-event.js';
import { AdminGuard } from '../../server/admin.guard.js';
import { BoundedReadsInterceptor } from '../../server/bounded-reads.interceptor.js';
import { ROW_ID } from '../../server/field-validators.js';
import { Needs } from '../../server/needs.js';
import { ApiAction, ApiList, ApiOne, ApiProblems, ApiWrite } from '../../server/openapi-routes.js';
import { type List, ListQuery, listOf, pageRequest } from '../../server/pagination.js';
import { invalid, notFound, type Problem, problem } from '../../server/problem.js';
import { NoBody, QueryValidationPipe } from '../../server/validation.js';
import { IdempotentHandler, refused } from '../idempotent-handler.js';
import { EndpointBody, EndpointChangeBody, ReplayBody } from './bodies.js';
import { LongWriteHandler } from './long-write-handler.js';
import {
  DeliveryDocument,
  EndpointDocument,
  EndpointWithSecretDocument,
  ReplayedEventsDocument,
  TestAttemptDocument,
} from './views.js';

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
    private readonly longWrites: LongWriteHandler,
    private readonly targets: WebhookTargets,
    private readonly testEndpoint: TestEndpoint,
    private readonly replayEvents: ReplayEvents,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ operationId: 'listWebhookEndpoints', summary: 'Lists webhook endpoints' })
  @ApiList(EndpointDocument)
  async list(@Query(QueryValidationPipe) query: ListQuery): Promise<List<EndpointView>> {
    return listOf(await this.queries.endpoints(pageRequest(query)));
  }

  @Get(':id')
  @Needs('viewer')
  @ApiOperation({ operationId: 'getWebhookEndpoint', summary: 'Shows a webhook endpoint' })
  @ApiOne(EndpointDocument)
  async show(@Param('id', EndpointId) id: string): Promise<EndpointView> {
    const endpoint = await this.queries.endpoint(id);
    if (!endpoint) throw notFound('webhook endpoint');
    return endpoint;
  }

  @Get(':id/deliveries')
  @Needs('viewer')
  @ApiOperation({
    operationId: 'listDeliveries',
    summary: 'Lists the deliveries to an endpoint, sent and waiting',
  })
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
  @Needs('operator')
  @ApiOperation({
    operationId: 'addWebhookEndpoint',
    summary: 'Adds a webhook endpoint, which receives every event from now on; shows its secret once',
  })
  @ApiWrite(EndpointBody, HttpStatus.CREATED, EndpointWithSecretDocument)
  @ApiProblems('too_many_endpoints')
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: NEW_ENDPOINT },
      EndpointBody,
      async (tx, { url, events, headers }, attribution) => {
        const target = this.targets.check(url);
        if ('fault' in target) return refused(badUrl(target.fault));
        const secret = generateSecret();
        const asked = { url: target.url, events: events ?? null, headers: headers ?? {}, secret };
        const id = await addEndpoint(tx, asked, attribution);
        return id === null ? refused(TOO_MANY) : shown(tx, id, 201, { secret });
      },
    );
  }

  @Patch(':id')
  @Needs('operator')
  @ApiOperation({
    operationId: 'changeWebhookEndpoint',
    summary: 'Changes an endpoint; what waits for it is sent as the change says',
    description:
      'It does not end a pause. Events that were queued before `events` was changed are still sent.',
  })
  @ApiWrite(EndpointChangeBody, HttpStatus.OK, EndpointDocument)
  @ApiProblems(404)
  async change(
    @Param('id', EndpointId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { endpointId: id } },
      EndpointChangeBody,
      async (tx, { url, events, headers }, attribution) => {
        const target = url === undefined ? { url } : this.targets.check(url);
        if ('fault' in target) return refused(badUrl(target.fault));
        if (url === undefined && events === undefined && headers === undefined) return refused(NO_CHANGE);
        const change = { url: target.url, events, headers: headers === null ? {} : headers };
        const done = await changeEndpoint(tx, id, change, attribution);
        return done === 'done' ? shown(tx, id, 200) : refused(ENDPOINT_UNKNOWN);
      },
    );
  }

  @Delete(':id')
  @Needs('operator')
  @ApiOperation({
    operationId: 'removeWebhookEndpoint',
    summary: 'Removes an endpoint and its deliveries; nothing more is sent to it',
  })
  @ApiAction(HttpStatus.OK, EndpointDocument)
  @ApiProblems(404)
  async remove(
    @Param('id', EndpointId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { endpointId: id } },
      NoBody,
      async (tx, _body, attribution) => {
        const last = await shown(tx, id, 200);
        const done = await removeEndpoint(tx, id, attribution);
        return done === 'done' ? last : refused(ENDPOINT_UNKNOWN);
      },
    );
  }

  @Post(':id/resume')
  @Needs('operator')
  @ApiOperation({
    operationId: 'resumeWebhookEndpoint',
    summary: 'Ends the pause of an endpoint; all events that wait are sent now',
    description: 'A disabled endpoint receives what happens from now on. A replay sends what it has missed.',
  })
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
      async (tx, _body, attribution) => {
        const done = await resumeEndpoint(tx, id, attribution);
        return done === 'done' ? shown(tx, id, 200) : refused(ENDPOINT_UNKNOWN);
      },
    );
  }

  @Post(':id/secret')
  @Needs('operator')
  @ApiOperation({
    operationId: 'rotateWebhookSecret',
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
      async (tx, _body, attribution) => {
        const secret = generateSecret();
        const done = await changeEndpointSecret(tx, id, secret, attribution);
        return done === 'done' ? shown(tx, id, 200, { secret }) : refused(ENDPOINT_UNKNOWN);
      },
    );
  }

  @Post(':id/test')
  @Needs('operator')
  @ApiOperation({
    operationId: 'testWebhookEndpoint',
    summary: 'Sends the event `endpoint.test` to the endpoint now, once, and shows the result',
    description:
      'It is signed and has the headers of the endpoint, as every event. It is sent to a paused endpoint as well. The result changes ' +
      'nothing, and is no delivery of the list.',
  })
  @ApiAction(HttpStatus.OK, TestAttemptDocument)
  @ApiProblems(404)
  async test(
    @Param('id', EndpointId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.longWrites.handle({ request, reply }, NoBody, async (_body, actor, signal) => {
      const attempt = await this.testEndpoint.run(id, actor, signal);
      return attempt === 'endpoint_unknown' ? refused(ENDPOINT_UNKNOWN) : { status: 200, body: attempt };
    });
  }

  @Post(':id/replay')
  @Needs('operator')
  @ApiOperation({
    operationId: 'replayEvents',
    summary: 'Sends the events of a range of time to the endpoint again, from the log',
    description:
      'Only events of its types. What was delivered is sent again under the same `webhook-id`; what waits already is not queued twice. ' +
      'An endpoint that was created after the events can get them in this way too.',
  })
  @ApiWrite(ReplayBody, HttpStatus.OK, ReplayedEventsDocument)
  @ApiProblems(404, 'endpoint_disabled')
  async replay(
    @Param('id', EndpointId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.longWrites.handle({ request, reply }, ReplayBody, async (body, actor, signal) => {
      const { from, to, cursor } = body;
      const fault = rangeFault(from, to);
      if (fault) return refused(invalid([{ field: 'to', message: fault }]));
      const after = eventNumber(cursor ?? '');
      const result = await this.replayEvents.run({ endpointId: id, from, to, after }, actor, signal);
      if (result === 'endpoint_unknown') return refused(ENDPOINT_UNKNOWN);
      if (result === 'endpoint_disabled') return refused(DISABLED);
      const nextCursor = result.next === null ? null : `evt_${result.next}`;
      return { status: 200, body: { queued: result.queued, nextCursor } };
    });
  }

  @Post(':id/deliveries/:eventId/redeliver')
  @Needs('operator')
  @ApiOperation({
    operationId: 'redeliverEvent',
    summary: 'Sends an event to an endpoint again, with all its retries',
  })
  @ApiAction(HttpStatus.OK, DeliveryDocument)
  @ApiProblems('sending', 'endpoint_disabled')
  async redeliver(
    @Param('id', EndpointId) id: string,
    @Param('eventId') eventId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { endpointId: id } },
      NoBody,
      async (tx, _body, attribution): Promise<WriteResult> => {
        const delivery = await redeliver(tx, id, eventId, attribution);
        if (delivery === 'endpoint_unknown') return refused(ENDPOINT_UNKNOWN);
        if (delivery === 'endpoint_disabled') return refused(DISABLED);
        if (delivery === 'delivery_unknown') return refused(DELIVERY_UNKNOWN);
        return delivery === 'sending' ? refused(SENDING) : { status: 200, body: delivery };
      },
    );
  }
}

const badUrl = (message: string): Problem => invalid([{ field: 'url', message }]);

const MAX_REPLAY_MS = 31 * 24 * 60 * 60 * 1_000;

function rangeFault(from: string, to: string): string | null {
  const length = Date.parse(to) - Date.parse(from);
  if (length <= 0) return 'must be after from';
  return length > MAX_REPLAY_MS ? 'must be at most 31 days after from' : null;
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
const NO_CHANGE = invalid([{ field: 'url', message: 'at least one of url, events and headers is required' }]);
const DISABLED = problem(
  409,
  'This endpoint is disabled because it was paused for too long; nothing was changed. Resume it first.',
  { code: 'endpoint_disabled' },
);
const SENDING = problem(
  409,
  'This event is being sent to the endpoint at the moment; nothing was changed. Wait for the result of ' +
    'this attempt.',
  { code: 'sending' },
);
