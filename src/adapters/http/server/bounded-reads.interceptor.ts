import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, from, lastValueFrom } from 'rxjs';
import { BoundedReads } from './bounded-reads.js';
import { clientSignal } from './client-signal.js';

/** Runs the reading routes of a controller as bounded reads. Guards run before, so only an authenticated client takes a turn. */
@Injectable()
export class BoundedReadsInterceptor implements NestInterceptor {
  constructor(private readonly reads: BoundedReads) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    if (!['GET', 'HEAD'].includes(http.getRequest<FastifyRequest>().method)) return next.handle();
    const signal = clientSignal(http.getResponse<FastifyReply>());
    // The handler begins when it is subscribed to.
    return from(this.reads.run(() => lastValueFrom(next.handle()), signal));
  }
}
