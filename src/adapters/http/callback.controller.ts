import { Controller, Logger, NotFoundException, Param, Post, Req, Res } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallbackQueue, type Answer, type Arrival } from '../../application/callback-queue.js';
import { levelOf } from '../../application/outcome-levels.js';
import { Clock, Rejections } from '../../application/ports.js';
import type { Gateway, RejectionReason, Reply } from '../gateways/gateway.js';
import { Gateways } from '../gateways/gateways.module.js';
import { arrivalOf } from './arrival.js';
import { LimitedLog } from './limited-log.js';
import { Metrics } from './metrics.js';

@ApiTags('callbacks')
@Controller('callbacks')
export class CallbackController {
  private readonly log = new Logger('Callback');
  private readonly limitedLog = new LimitedLog(this.log);

  constructor(
    private readonly gateways: Gateways,
    private readonly queue: CallbackQueue,
    private readonly rejections: Rejections,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {}

  @Post(':gateway')
  @ApiOperation({
    summary: 'Takes a callback of a payment gateway',
    description:
      'Each gateway gets the answer that it understands. A 2xx means that the callback is stored, whatever came of it.',
  })
  @ApiParam({ name: 'gateway', enum: ['stripe', 'wechat-pay', 'alipay', 'standard-webhooks'] })
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiResponse({ status: 200, description: 'Stored: `{"received":true}`, or for Alipay exactly `success`.' })
  @ApiResponse({ status: 204, description: 'Stored (WeChat Pay).' })
  @ApiResponse({
    status: 400,
    description: 'A request that cannot be taken at all, such as a compressed body.',
  })
  @ApiResponse({ status: 401, description: 'The signature does not hold. Nothing is stored.' })
  @ApiResponse({ status: 404, description: 'No such gateway, or it is not configured.' })
  @ApiResponse({ status: 413, description: 'The body is larger than 256 KiB.' })
  @ApiResponse({ status: 503, description: 'Not stored: send again after `Retry-After` seconds.' })
  async receive(
    @Param('gateway') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const since = performance.now();
    const receivedAt = this.clock.now();
    const gateway = this.gateways.get(name);
    if (!gateway) throw new NotFoundException(`no gateway "${name.slice(0, 64)}" is configured`);
    const { headers } = request.raw;
    if (!isIdentity(headers['content-encoding'])) return send(reply, gateway.replies.malformed);

    const callback = {
      headers,
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    };
    const verified = gateway.verify(callback, receivedAt);
    if ('rejected' in verified) {
      this.reject(gateway, verified.rejected, request.ip, receivedAt);
      return send(reply, gateway.replies.rejected);
    }
    const arrival = arrivalOf(verified, callback, receivedAt);
    const answer = await this.queue.submit(arrival);
    this.report(arrival, answer, (performance.now() - since) / 1000);
    if (!answer.stored) void reply.header('retry-after', '1');
    send(reply, answer.stored ? gateway.replies.stored : gateway.replies.unavailable);
  }

  private report({ notice, eventId }: Arrival, answer: Answer, seconds: number): void {
    const { gateway, paymentNumber, transactionId, kind } = notice;
    const ms = Math.round(seconds * 1000);
    const ids = { gateway, eventId, kind, paymentNumber, transactionId, ms };
    const why = answer.fault === undefined ? {} : { fault: textOf(answer.fault) };
    if (!answer.stored) {
      this.metrics.callback(gateway, answer.why, seconds);
      const line = { why: answer.why, ...ids, ...why };
      this.limitedLog.write('error', 'callback not stored: the gateway will send it again', line);
      return;
    }
    const outcome = answer.copy ? 'duplicate' : answer.outcome;
    this.metrics.callback(gateway, outcome, seconds);
    const first = answer.copy ? { first: answer.outcome } : {};
    const line = { outcome, callbackId: answer.callbackId, ...ids, ...first, ...why };
    this.log[levelOf(outcome, answer.fault)]('callback', line);
  }

  private reject(gateway: Gateway, reason: RejectionReason, remoteAddress: string, receivedAt: Date): void {
    this.metrics.rejected(gateway.name, reason);
    // The gateway's own probe is rejected as it wants to be, and is nobody's alarm.
    if (reason === 'probe') return;
    this.rejections.note({ gateway: gateway.name, reason, receivedAt, remoteAddress });
    this.limitedLog.write('warn', 'callback rejected', { gateway: gateway.name, reason, remoteAddress });
  }
}

/** A message of ours or the driver's; parameters of queries, which hold what a gateway sent, are not part of it. */
function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown fault';
}

/** Some proxies name the encoding that is none. */
function isIdentity(encoding = ''): boolean {
  return ['', 'identity'].includes(encoding.trim().toLowerCase());
}

function send(reply: FastifyReply, { status, type, body = '' }: Reply): void {
  void reply.status(status);
  if (type) void reply.type(type);
  void reply.send(body);
}
