import { Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { CallbackBatcher } from '../../../application/callbacks/callback-batcher.js';
import type { Gateway } from '../../gateways/gateway.js';
import { Gateways } from '../../gateways/registry.js';
import { LimitedLog } from '../../observability/limited-log.js';
import { Metrics } from '../../observability/metrics.js';
import { routePathOf } from './request-target.js';
import { NO_SNIFF } from './security-headers.js';

const CALLBACKS = '/callbacks/';

/**
 * Refuses callbacks while the queue is full: before the framework sees them, before a body is read and before a signature is verified.
 * Refusing one must cost far less than accepting one, or it takes away the time to settle the others; through the framework it costs
 * three times as much. The gateway sends the callback again.
 */
@Injectable()
export class LoadShedding {
  private readonly limitedLog = new LimitedLog(new Logger('Callback'));

  constructor(
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    private readonly gateways: Gateways,
    private readonly batcher: CallbackBatcher,
    private readonly metrics: Metrics,
  ) {}

  /** Refuses the request if it is a callback and the queue is full. Returns whether it has. */
  sheds(request: IncomingMessage, response: ServerResponse): boolean {
    const gateway = this.batcher.isFull ? this.gatewayOf(request) : undefined;
    if (!gateway) return false;
    const server: Server = this.host.httpAdapter.getHttpServer();
    // While the service stops, a connection on which requests keep coming would delay the stop.
    response.shouldKeepAlive &&= server.listening;
    this.shed(gateway, response);
    return true;
  }

  private gatewayOf({ method, url = '' }: IncomingMessage): Gateway | undefined {
    const path = method === 'POST' ? routePathOf(url) : '';
    return path.startsWith(CALLBACKS) ? this.gateways.get(path.slice(CALLBACKS.length)) : undefined;
  }

  private shed({ name, replies }: Gateway, response: ServerResponse): void {
    this.metrics.callback(name, 'overloaded', 0);
    const line = { gateway: name, why: 'overloaded' };
    this.limitedLog.write('error', 'callback not stored: the gateway will send it again', line);
    const { status, type = 'text/plain', body = '' } = replies.unavailable;
    const length = Buffer.byteLength(body);
    const headers = { 'retry-after': '1', 'content-type': type, 'content-length': length };
    response.writeHead(status, { ...NO_SNIFF, ...headers });
    response.end(body);
  }
}
