import { Controller, Logger, Param, Post, Req, Res } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallbackBatcher, type SubmitResult } from '../../../application/callbacks/callback-batcher.js';
import type { Receipt } from '../../../application/callbacks/callback-repository.js';
import { Clock } from '../../../application/clock.js';
import type { Gateway, RejectionReason } from '../../gateways/gateway.js';
import { Gateways } from '../../gateways/registry.js';
import type { Reply } from '../../gateways/replies.js';
import { LimitedLog } from '../../observability/limited-log.js';
import { Metrics } from '../../observability/metrics.js';
import { levelOf } from '../../observability/outcome-levels.js';
import { isEncoded } from '../server/content-encoding.js';
import { ProblemError, noSuchGateway } from '../server/problem.js';
import { RefusedRequests } from '../server/refused-requests.js';
import { ReceiptFactory } from './receipt-factory.js';

/** Verifies a callback, hands it to the batcher, and answers as its gateway expects. Only a stored callback is acknowledged. */
@ApiTags('callbacks')
@Controller('callbacks')
export class CallbackController {
  private readonly log = new Logger('Callback');
  private readonly limitedLog = new LimitedLog(this.log);

  constructor(
    private readonly gateways: Gateways,
    private readonly batcher: CallbackBatcher,
    private readonly receipts: ReceiptFactory,
    private readonly refused: RefusedRequests,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {}

  @Post(':gateway')
  @ApiOperation({
    operationId: 'receiveCallback',
    summary: 'Receives a callback of a payment gateway',
    description:
      'Each gateway gets the answer that it expects. A 2xx means that the callback is stored, whatever ' +
      'its outcome.',
  })
  @ApiParam({ name: 'gateway' })
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiResponse({ status: 200, description: 'Stored: `{"received":true}`, or for Alipay exactly `success`.' })
  @ApiResponse({ status: 204, description: 'Stored (WeChat Pay).' })
  @ApiResponse({
    status: 400,
    description: 'The request cannot be read, for example because its body is compressed. Nothing is stored.',
  })
  @ApiResponse({ status: 401, description: 'The signature is not valid. Nothing is stored.' })
  @ApiResponse({ status: 404, description: 'There is no such gateway, or it is not configured.' })
  @ApiResponse({ status: 413, description: 'The body is larger than 256 KiB. Nothing is stored.' })
  @ApiResponse({
    status: 503,
    description:
      'Temporarily unavailable; the callback is not stored. Send it again after Retry-After seconds.',
  })
  async receive(
    @Param('gateway') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const startedAt = performance.now();
    const receivedAt = this.clock.now();
    const gateway = this.gateways.get(name);
    if (!gateway) return this.refuseUnknown(name, request);
    const { headers } = request.raw;
    if (isEncoded(headers['content-encoding'])) {
      this.refused.before(request.raw, 'encoding');
      return send(reply, gateway.replies.malformed);
    }

    const callback = {
      headers,
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    };
    const verified = gateway.verify(callback, receivedAt);
    if ('rejected' in verified) {
      this.reject(gateway, verified.rejected, request);
      return send(reply, gateway.replies.rejected);
    }
    const arrival = { gateway, receivedAt };
    const receipt = this.receipts.receiptOf(verified, callback, arrival);
    let isStored: boolean;
    if (verified.further) {
      const further = this.receipts.furtherReceipts(verified, callback, arrival);
      isStored = await this.storeAll([receipt, ...further], gateway, startedAt);
    } else {
      const result = await this.batcher.submit(receipt, gateway.answerWithinMs);
      this.report(receipt, result, (performance.now() - startedAt) / 1000);
      isStored = result.stored;
    }
    if (!isStored) void reply.header('retry-after', '1');
    send(reply, isStored ? gateway.replies.stored : gateway.replies.unavailable);
  }

  /** Of a callback with several notifications. What is stored of it when the gateway sends it again is a copy then. */
  private async storeAll(
    receipts: readonly Receipt[],
    gateway: Gateway,
    startedAt: number,
  ): Promise<boolean> {
    const results = await Promise.all(this.batcher.submitAll(receipts, gateway.answerWithinMs));
    const seconds = (performance.now() - startedAt) / 1000;
    results.forEach((result, index) => this.report(receipts[index]!, result, seconds));
    return results.every(({ stored }) => stored);
  }

  private refuseUnknown(name: string, { raw }: FastifyRequest): never {
    this.refused.before(raw, 'path');
    throw new ProblemError(noSuchGateway(name));
  }

  private report({ notification, eventId }: Receipt, result: SubmitResult, seconds: number): void {
    const { gateway, paymentNumber, transactionId, kind } = notification;
    const ms = Math.round(seconds * 1000);
    const ids = { gateway, eventId, kind, paymentNumber, transactionId, ms };
    const why = result.fault === undefined ? {} : { fault: textOf(result.fault) };
    if (!result.stored) {
      this.metrics.callback(gateway, result.why, seconds);
      const line = { why: result.why, ...ids, ...why };
      this.limitedLog.write('error', 'callback not stored: the gateway will send it again', line);
      return;
    }
    const outcome = result.copy ? 'duplicate' : result.outcome;
    this.metrics.callback(gateway, outcome, seconds);
    const first = result.copy ? { first: result.outcome } : {};
    const line = { outcome, callbackId: result.callbackId, ...ids, ...first, ...why };
    this.log[levelOf(outcome, result.fault)]('callback', line);
  }

  private reject({ name: gateway }: Gateway, reason: RejectionReason, { raw }: FastifyRequest): void {
    this.metrics.rejected(gateway, reason);
    // The gateway's own test must be rejected. It is no reason for an alarm.
    if (reason === 'probe') return;
    const remoteAddress = this.refused.forSignature(raw, gateway, reason);
    this.limitedLog.write('warn', 'callback rejected', { gateway, reason, remoteAddress });
  }
}

/** The text of a fault, for the log. It never contains the values of a query, which are data of the gateway. */
function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown fault';
}

function send(reply: FastifyReply, { status, type, body = '' }: Reply): void {
  void reply.status(status);
  if (type) void reply.type(type);
  void reply.send(body);
}
