import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import {
  REFUSAL_REASONS,
  RejectionRepository,
  type RefusalReason,
} from '../../../application/callbacks/rejection-repository.js';
import { Clock } from '../../../application/clock.js';
import { Gateways } from '../../gateways/registry.js';
import { Metrics } from '../../observability/metrics.js';
import { SummaryLog } from '../../observability/summary-log.js';
import type { Refusal } from './refusals.js';
import { printablePath, routePathOf } from './request-target.js';
import type { ServerAdapter } from './server-adapter.js';
import { TokenBucket } from './token-bucket.js';

/**
 * How many requests are stored for each reason: 50 at once, and then one a second. More would push out of the table what is rarer and
 * matters more, such as wrong signatures.
 */
const STORED = new TokenBucket(50, 1_000);

const CALLBACK = /^\/callbacks(?:\/([^/]+))?/;

/**
 * Counts, logs and stores what was refused before a signature or a token was looked at, and stores what was refused for its signature.
 * Nothing waits for it.
 */
@Injectable()
export class RefusedRequests implements OnModuleInit {
  private readonly logger = new Logger('Callback');
  private readonly lines = new Map<string, SummaryLog>();
  private readonly buckets = new Map<RefusalReason, number>();

  constructor(
    private readonly host: HttpAdapterHost<ServerAdapter>,
    private readonly gateways: Gateways,
    private readonly rejections: RejectionRepository,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
  ) {
    for (const reason of REFUSAL_REASONS) {
      this.lines.set(reason, new SummaryLog(this.logger, 'warn', 'request refused'));
      // Scanners of the internet ask for paths and hold connections all day. That is no reason for an alarm.
      this.lines.set(`${reason} elsewhere`, new SummaryLog(this.logger, 'log', 'request refused'));
    }
  }

  onModuleInit(): void {
    this.host.httpAdapter.servers.refusals.onReport((refusal) => this.record(refusal));
  }

  /** Reports a request that a handler refuses before a signature was looked at. */
  before(request: IncomingMessage, reason: RefusalReason): void {
    this.host.httpAdapter.servers.refused(reason, request);
  }

  /** Stores a request whose signature is not valid. Returns the address of its client. */
  forSignature(request: IncomingMessage, gateway: string, reason: string): string {
    const remoteAddress = this.host.httpAdapter.servers.addressOf(request);
    const path = printablePath(request.url ?? '');
    this.rejections.record({ gateway, reason, path, receivedAt: this.clock.now(), remoteAddress });
    return remoteAddress;
  }

  private record({ reason, target, address: remoteAddress }: Refusal): void {
    this.metrics.requestRefused(reason);
    const [callback, name] = CALLBACK.exec(routePathOf(target ?? '')) ?? [];
    const gateway = this.gateways.get(name ?? '')?.name ?? null;
    const path = target === null ? null : printablePath(target);
    const kind = callback === undefined && target !== null ? `${reason} elsewhere` : reason;
    this.lines.get(kind)!.write({ reason, gateway, path, remoteAddress });
    const bucket = STORED.take(this.buckets.get(reason) ?? 0, performance.now());
    if (bucket === null) return;
    this.buckets.set(reason, bucket);
    this.rejections.record({ gateway, reason, path, receivedAt: this.clock.now(), remoteAddress });
  }
}
