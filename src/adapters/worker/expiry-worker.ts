import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ExpirePayments } from '../../application/expire-payments.js';
import { Loop } from './loop.js';

/** With the grace of the sweep, a payment is expired some ten seconds after its deadline. */
const IDLE_MS = 5_000;

/** Labels payments whose deadline has passed, for as long as the service runs. */
@Injectable()
export class ExpiryWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Worker');
  private readonly loop = new Loop('the expiry sweep', IDLE_MS, () => this.once());

  constructor(private readonly expirePayments: ExpirePayments) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async once(): Promise<boolean> {
    const { expired, cancelledOrders, more } = await this.expirePayments.execute();
    for (const { number, orderNumber, expiresAt } of expired)
      this.log.log('payment expired', { paymentNumber: number, orderNumber, expiresAt });
    for (const orderNumber of cancelledOrders) this.log.log('unpaid order cancelled', { orderNumber });
    return more;
  }
}
