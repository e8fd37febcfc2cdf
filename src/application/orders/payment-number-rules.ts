/** Which payment numbers each gateway can carry in its own requests and callbacks. */
export abstract class PaymentNumberRules {
  /** True also for a gateway that is not configured. */
  abstract carries(gateway: string, paymentNumber: string): boolean;
}
