import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { CallbackQueue } from '../../application/callback-queue.js';
import type { Gateway } from '../gateways/gateway.js';
import { Gateways } from '../gateways/gateways.module.js';
import { LimitedLog } from './limited-log.js';
import { Metrics } from './metrics.js';

const CALLBACKS = '/callbacks/';

/**
 * Turns callbacks away while the queue is full: before the framework, before a body is read or a signature checked. What is turned away
 * must cost far less than what is taken, or it would take its place; through the framework it costs three times as much. The gateway
 * sends it again.
 */
@Injectable()
export class Overload implements OnModuleInit {
  private readonly limitedLog = new LimitedLog(new Logger('Callback'));

  constructor(
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    private readonly gateways: Gateways,
    private readonly queue: CallbackQueue,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const server: Server = this.host.httpAdapter.getHttpServer();
    const [framework] = server.listeners('request') as RequestListener[];
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      const gateway = this.queue.isFull ? this.gatewayOf(request) : undefined;
      if (!gateway) return framework!(request, response);
      // As long as requests come on a connection, it would hold up a stop.
      response.shouldKeepAlive &&= server.listening;
      this.turnAway(gateway, response);
    });
  }

  private gatewayOf({ method, url = '' }: IncomingMessage): Gateway | undefined {
    if (method !== 'POST' || !url.startsWith(CALLBACKS)) return undefined;
    return this.gateways.get(url.slice(CALLBACKS.length));
  }

  private turnAway({ name, replies }: Gateway, response: ServerResponse): void {
    this.metrics.callback(name, 'overloaded', 0);
    const line = { gateway: name, why: 'overloaded' };
    this.limitedLog.write('error', 'callback not stored: the gateway will send it again', line);
    const { status, type = 'text/plain', body = '' } = replies.unavailable;
    const length = Buffer.byteLength(body);
    response.writeHead(status, { 'retry-after': '1', 'content-type': type, 'content-length': length });
    response.end(body);
  }
}
