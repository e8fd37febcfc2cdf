// Made by npm run client from docs/reference/openapi.json. Do not edit.

import type { components } from './schema.js';

interface Operation {
  readonly method: string;
  readonly path: string;
  /** A request without a body is refused. */
  readonly needsBody?: true;
}

export declare const OPERATIONS: {
  /** Adds a note to a case, open or resolved */
  readonly addDiscrepancyNote: Operation;
  /** Adds a webhook endpoint, which receives every event from now on; shows its secret once */
  readonly addWebhookEndpoint: Operation;
  /** Says who looks after a case */
  readonly assignDiscrepancy: Operation;
  /** Proves from the tables that each piece of money has exactly one owner */
  readonly auditMoney: Operation;
  /** Changes an endpoint; what waits for it is sent as the change says */
  readonly changeWebhookEndpoint: Operation;
  /** Explains what would be decided about a stored callback now; changes nothing */
  readonly explainCallback: Operation;
  /** Shows a callback; an operator also sees its headers and its body */
  readonly getCallback: Operation;
  /** Shows a case with its notes */
  readonly getDiscrepancy: Operation;
  /** Shows a dispute with the newest entries of its log */
  readonly getDispute: Operation;
  /** Answers 200 while the process runs */
  readonly getLiveness: Operation;
  /** Shows an order with its newest payments and the newest changes of its status */
  readonly getOrder: Operation;
  /** Shows a payment with the newest entries of its log */
  readonly getPayment: Operation;
  /** Shows everything that is known about a payment number */
  readonly getPaymentTimeline: Operation;
  /** Answers 200 while callbacks can be stored, otherwise 503 with `faults` and their `codes` */
  readonly getReadiness: Operation;
  /** Shows a refund with its log */
  readonly getRefund: Operation;
  /** Shows a webhook endpoint */
  readonly getWebhookEndpoint: Operation;
  /** Lists callbacks */
  readonly listCallbacks: Operation;
  /** Lists the deliveries to an endpoint, sent and waiting */
  readonly listDeliveries: Operation;
  /** Lists cases: money and notifications that an operator has to look after */
  readonly listDiscrepancies: Operation;
  /** Lists disputes, without their logs */
  readonly listDisputes: Operation;
  /** Lists the JetStream streams that events go to; none unless EVENTS_NATS_URL is set */
  readonly listEventStreams: Operation;
  /** Lists all changes of the status of an order */
  readonly listOrderHistory: Operation;
  /** Lists orders, without their histories */
  readonly listOrders: Operation;
  /** Lists all entries of the log of a payment */
  readonly listPaymentLog: Operation;
  /** Lists payments, without their logs */
  readonly listPayments: Operation;
  /** Lists refunds, without their logs */
  readonly listRefunds: Operation;
  /** Lists rejected requests: their signature was not valid, or they were refused before */
  readonly listRejections: Operation;
  /** Lists webhook endpoints */
  readonly listWebhookEndpoints: Operation;
  /** Opens a payment for a pending order */
  readonly openPayment: Operation;
  /** Places an order */
  readonly placeOrder: Operation;
  /** Sends an event to an endpoint again, with all its retries */
  readonly redeliverEvent: Operation;
  /** Removes an endpoint and its deliveries; nothing more is sent to it */
  readonly removeWebhookEndpoint: Operation;
  /** Decides a stored callback again, by the time of its first receipt */
  readonly replayCallback: Operation;
  /** Sends the events of a range of time to the endpoint again, from the log */
  readonly replayEvents: Operation;
  /** Ends a case */
  readonly resolveDiscrepancy: Operation;
  /** Ends the pause of an endpoint; all events that wait are sent now */
  readonly resumeWebhookEndpoint: Operation;
  /** Generates a new secret and shows it once; for 24 hours requests are signed with both */
  readonly rotateWebhookSecret: Operation;
  /** Sends the event `endpoint.test` to the endpoint now, once, and shows the result */
  readonly testWebhookEndpoint: Operation;
  /** Changes the status of an order */
  readonly transitionOrder: Operation;
  /** Reports that a payment was begun or abandoned */
  readonly transitionPayment: Operation;
};

/** The body of a request to a webhook endpoint. */
export type WebhookEvent =
  | components['schemas']['OrderPaidEvent']
  | components['schemas']['OrderCancelledEvent']
  | components['schemas']['OrderShippedEvent']
  | components['schemas']['OrderCompletedEvent']
  | components['schemas']['OrderRefundRequestedEvent']
  | components['schemas']['OrderRefundedEvent']
  | components['schemas']['OrderRefundRejectedEvent']
  | components['schemas']['PaymentSucceededEvent']
  | components['schemas']['PaymentFailedEvent']
  | components['schemas']['PaymentCancelledEvent']
  | components['schemas']['PaymentExpiredEvent']
  | components['schemas']['DisputeOpenedEvent']
  | components['schemas']['DisputeUpdatedEvent']
  | components['schemas']['DisputeClosedEvent']
  | components['schemas']['PaymentRefundedEvent']
  | components['schemas']['RefundRequestedEvent']
  | components['schemas']['RefundProcessingEvent']
  | components['schemas']['RefundSucceededEvent']
  | components['schemas']['RefundFailedEvent']
  | components['schemas']['DiscrepancyOpenedEvent']
  | components['schemas']['DiscrepancyResolvedEvent']
  | components['schemas']['EndpointTestEvent'];
