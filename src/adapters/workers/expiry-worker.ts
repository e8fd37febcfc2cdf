import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ExpirePayments } from '../../application/payments/expire-payments.js';
import { PollingWorker } from './polling-worker.js';

/** With the grace period of the use case, a payment expires about ten seconds after its deadline. */
const IDLE_MS = 5_000;

/** The scheduled expiry: marks payments whose deadline has passed as expired. */
@Injectable()
export class ExpiryWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Worker');
  private readonly polling = new PollingWorker('expiring payments', IDLE_MS, () => this.expireOnce());

  constructor(private readonly expirePayments: ExpirePayments) {}

  onApplicationBootstrap(): void {
    this.polling.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.polling.stop();
  }

  private async expireOnce(): Promise<boolean> {
    const { expired, cancelledOrders, more } = await this.expirePayments.execute();
    for (const { number, orderNumber, expiresAt } of expired)
      this.log.log('payment expired', { paymentNumber: number, orderNumber, expiresAt });
    for (const orderNumber of cancelledOrders) this.log.log('unpaid order cancelled', { orderNumber });
    return more;
  }
}
