// Made by npm run client from docs/reference/openapi.json. Do not edit.

export interface paths {
    "/callbacks/{gateway}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receives a callback of a payment gateway
         * @description Each gateway gets the answer that it expects. A 2xx means that the callback is stored, whatever its outcome.
         */
        post: operations["receiveCallback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists orders, without their histories
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["listOrders"];
        put?: never;
        /**
         * Places an order
         * @description With `payment` it opens a payment for the order as well: both are created, or neither is. An order of zero is `paid` at once.
         *
         *     Needs the role `operator`.
         */
        post: operations["placeOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/orders/{orderNumber}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows an order with its newest payments and the newest changes of its status
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["getOrder"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/orders/{orderNumber}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists all changes of the status of an order
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["listOrderHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/orders/{orderNumber}/transitions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Changes the status of an order
         * @description Only a payment can change it from `pending` to `paid`.
         *
         *     Needs the role `operator`.
         */
        post: operations["transitionOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/orders/{orderNumber}/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Opens a payment for a pending order
         * @description Needs the role `operator`.
         */
        post: operations["openPayment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists payments, without their logs
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["listPayments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/payments/{paymentNumber}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows a payment with the newest entries of its log
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["getPayment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/payments/{paymentNumber}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists all entries of the log of a payment
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["listPaymentLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/payments/{paymentNumber}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows everything that is known about a payment number
         * @description Also for a number that callbacks have named and no payment has. The first page has the newest items. Within a page items are sorted by time, oldest first; `nextCursor` leads to older items.
         *
         *     Needs the role `viewer` or `operator`.
         */
        get: operations["getPaymentTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/payments/{paymentNumber}/transitions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reports that a payment was begun or abandoned
         * @description All other changes of its status come from the gateway or from the scheduled expiry.
         *
         *     Needs the role `operator`.
         */
        post: operations["transitionPayment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/callbacks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists callbacks
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["listCallbacks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/callbacks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows a callback; an operator also sees its headers and its body
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["getCallback"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/callbacks/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Decides a stored callback again, by the time of its first receipt
         * @description The signature was verified when the callback was received, and is not verified again. For a callback with a final outcome (`settled`, `duplicate`, `recorded`, `stale`, `ignored`) the answer is the outcome of a copy, and nothing changes. If the outcome changes, the case of the earlier outcome is closed.
         *
         *     Needs the role `operator`.
         */
        post: operations["replayCallback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/callbacks/{id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explains what would be decided about a stored callback now; changes nothing
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["explainCallback"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/rejections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists rejected requests: their signature was not valid, or they were refused before
         * @description The newest 2000 at most. Before a signature was looked at, a request was refused for its `path`, `method`, `encoding`, `size`, `headers`, `framing`, `timeout` or `connections`; of these, each reason has 50 rows at once and then one a second. `gateway` is null if the path names none. `path` has at most 128 characters, without the query.
         *
         *     Needs the role `viewer` or `operator`.
         */
        get: operations["listRejections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/discrepancies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists cases: money and notifications that an operator has to look after
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["listDiscrepancies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/discrepancies/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows a case with its notes
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["getDiscrepancy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/discrepancies/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends a case
         * @description After `accept` the payment has succeeded with the money that came, and its order is paid if it can be. `attach` gives the money to another payment of the gateway by the same checks. `reason` is the outcome of that. A remaining problem (`order_not_payable`, `amount_mismatched`, …) gets a case of its own, which `endedBy` names. The callback keeps the outcome that was decided when it came. `refunded_elsewhere` with a part of the money leaves the case open.
         *
         *     Needs the role `operator`.
         */
        post: operations["resolveDiscrepancy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/discrepancies/{id}/assign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Says who looks after a case
         * @description Needs the role `operator`.
         */
        post: operations["assignDiscrepancy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/discrepancies/{id}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Adds a note to a case, open or resolved
         * @description Needs the role `operator`.
         */
        post: operations["addDiscrepancyNote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/disputes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists disputes, without their logs
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["listDisputes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/disputes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows a dispute with the newest entries of its log
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["getDispute"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/refunds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists refunds, without their logs
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["listRefunds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/refunds/{refundNumber}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows a refund with its log
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["getRefund"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Proves from the tables that each piece of money has exactly one owner
         * @description Examines the money that was stored between `from` and `to`: by default that of the last 7 days, and that of 92 days at most. It reads the tables page by page, without locks, and rests between the pages while callbacks come. A million payments take some seconds on an idle service, and a minute or more beside heavy traffic.
         *
         *     Needs the role `viewer` or `operator`.
         */
        get: operations["auditMoney"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/webhook-endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists webhook endpoints
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["listWebhookEndpoints"];
        put?: never;
        /**
         * Adds a webhook endpoint, which receives every event from now on; shows its secret once
         * @description Needs the role `operator`.
         */
        post: operations["addWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/webhook-endpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows a webhook endpoint
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["getWebhookEndpoint"];
        put?: never;
        post?: never;
        /**
         * Removes an endpoint and its deliveries; nothing more is sent to it
         * @description Needs the role `operator`.
         */
        delete: operations["removeWebhookEndpoint"];
        options?: never;
        head?: never;
        /**
         * Changes an endpoint; what waits for it is sent as the change says
         * @description It does not end a pause. Events that were queued before `events` was changed are still sent.
         *
         *     Needs the role `operator`.
         */
        patch: operations["changeWebhookEndpoint"];
        trace?: never;
    };
    "/admin/v1/webhook-endpoints/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the deliveries to an endpoint, sent and waiting
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/webhook-endpoints/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ends the pause of an endpoint; all events that wait are sent now
         * @description A disabled endpoint receives what happens from now on. A replay sends what it has missed.
         *
         *     Needs the role `operator`.
         */
        post: operations["resumeWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/webhook-endpoints/{id}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Generates a new secret and shows it once; for 24 hours requests are signed with both
         * @description Needs the role `operator`.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/webhook-endpoints/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends the event `endpoint.test` to the endpoint now, once, and shows the result
         * @description It is signed and has the headers of the endpoint, as every event. It is sent to a paused endpoint as well. The result changes nothing, and is no delivery of the list.
         *
         *     Needs the role `operator`.
         */
        post: operations["testWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/webhook-endpoints/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends the events of a range of time to the endpoint again, from the log
         * @description Only events of its types. What was delivered is sent again under the same `webhook-id`; what waits already is not queued twice. An endpoint that was created after the events can get them in this way too.
         *
         *     Needs the role `operator`.
         */
        post: operations["replayEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/webhook-endpoints/{id}/deliveries/{eventId}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sends an event to an endpoint again, with all its retries
         * @description Needs the role `operator`.
         */
        post: operations["redeliverEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/admin/v1/event-streams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the JetStream streams that events go to; none unless EVENTS_NATS_URL is set
         * @description Needs the role `viewer` or `operator`.
         */
        get: operations["listEventStreams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Answers 200 while the process runs */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Answers 200 while callbacks can be stored, otherwise 503 with `faults` and their `codes`
         * @description The result of a probe that stores a callback every five seconds and takes it back. The answer does not wait for the database.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows metrics in the Prometheus text format */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    "order.paid": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after order.paid has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onOrderPaid"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.cancelled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after order.cancelled has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onOrderCancelled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.shipped": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after order.shipped has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onOrderShipped"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after order.completed has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onOrderCompleted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.refund_requested": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after order.refund_requested has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onOrderRefundRequested"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.refunded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after order.refunded has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onOrderRefunded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "order.refund_rejected": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after order.refund_rejected has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onOrderRefundRejected"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "payment.succeeded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after payment.succeeded has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onPaymentSucceeded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "payment.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after payment.failed has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onPaymentFailed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "payment.cancelled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after payment.cancelled has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onPaymentCancelled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "payment.expired": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after payment.expired has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onPaymentExpired"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "dispute.opened": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after dispute.opened has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onDisputeOpened"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "dispute.updated": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after dispute.updated has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onDisputeUpdated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "dispute.closed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after dispute.closed has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onDisputeClosed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "payment.refunded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after payment.refunded has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onPaymentRefunded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "refund.requested": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after refund.requested has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onRefundRequested"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "refund.processing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after refund.processing has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onRefundProcessing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "refund.succeeded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after refund.succeeded has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onRefundSucceeded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "refund.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after refund.failed has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onRefundFailed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "discrepancy.opened": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after discrepancy.opened has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onDiscrepancyOpened"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "discrepancy.resolved": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent after discrepancy.resolved has happened
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onDiscrepancyResolved"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "endpoint.test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent when an operator tests the endpoint
         * @description Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. `webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.
         */
        post: operations["onEndpointTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        MoneyDocument: {
            /**
             * @description A decimal string with at most as many decimals as the currency has (ISO 4217).
             * @example 100.00
             */
            amount: string;
            /**
             * @description ISO 4217
             * @example CNY
             */
            currency: string;
        };
        PaymentSummaryDocument: {
            paymentNumber: string;
            /** @example A-1001 */
            orderNumber: string;
            /** @example stripe */
            gateway: string;
            amount: components["schemas"]["MoneyDocument"];
            /** @enum {string} */
            status: "init" | "processing" | "succeeded" | "failed" | "cancelled" | "expired";
            transactionId: string | null;
            /** Format: date-time */
            expiresAt: string;
            /** Format: date-time */
            paidAt: string | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        OrderSummaryDocument: {
            /** @example A-1001 */
            orderNumber: string;
            /** @enum {string} */
            status: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
            total: components["schemas"]["MoneyDocument"];
            customerId: string | null;
            /** @description The newest 20 payments, newest first. */
            payments: components["schemas"]["PaymentSummaryDocument"][];
            /** @description The values that `to` of a transition may have now. */
            allowedTransitions: ("pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled")[];
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        StatusChangeDocument: {
            /** @enum {string} */
            from: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
            /** @enum {string} */
            to: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
            /** @enum {string} */
            move: "pay" | "cancel" | "ship" | "complete" | "requestRefund" | "refund" | "rejectRefund";
            /** @example admin:dev */
            actor: string;
            note: string | null;
            /** Format: date-time */
            at: string;
        };
        OrderDocument: {
            /** @example A-1001 */
            orderNumber: string;
            /** @enum {string} */
            status: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
            total: components["schemas"]["MoneyDocument"];
            customerId: string | null;
            /** @description The newest 100 payments, newest first. */
            payments: components["schemas"]["PaymentSummaryDocument"][];
            /** @description The values that `to` of a transition may have now. */
            allowedTransitions: ("pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled")[];
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description What refunds that succeeded come to, of the money that paid the order, in the currency of its total. Refunds of other money that came for it, as when a customer has paid twice, do not count here: each payment shows its own in `refunded`. */
            refunded: components["schemas"]["MoneyDocument"];
            /** @description The newest 100 changes, oldest first. */
            statusHistory: components["schemas"]["StatusChangeDocument"][];
        };
        OrderTransitionBody: {
            /**
             * @description One of the `allowedTransitions` of the order. No request makes an order `pending`, and none makes a `pending` order `paid`.
             * @enum {string}
             */
            to: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
            note?: string | null;
        };
        OrderPaymentBody: {
            /**
             * @description A gateway that this service is configured for.
             * @example stripe
             * @enum {string}
             */
            gateway: "stripe" | "wechat-pay" | "alipay" | "standard-webhooks";
            expiresInSeconds?: number | null;
            /** @description Generated if it is absent. */
            paymentNumber?: string | null;
        };
        OrderBody: {
            /** @example A-1001 */
            orderNumber: string;
            /** @description An order of zero is paid when it is placed, and takes no payment. */
            total: components["schemas"]["MoneyDocument"];
            customerId?: string | null;
            /** @description Opens a payment for the total in the same transaction: both are created, or neither is. */
            payment?: components["schemas"]["OrderPaymentBody"] | null;
        };
        PaymentBody: {
            /**
             * @description A gateway that this service is configured for.
             * @example stripe
             * @enum {string}
             */
            gateway: "stripe" | "wechat-pay" | "alipay" | "standard-webhooks";
            expiresInSeconds?: number | null;
            /** @description Generated if it is absent. */
            paymentNumber?: string | null;
            /** @description Must equal the order's total, which is the default. */
            amount?: components["schemas"]["MoneyDocument"] | null;
        };
        DisputeDocument: {
            /** @example 17 */
            id: string;
            /** @example stripe */
            gateway: string;
            /**
             * @description The gateway's id of the dispute.
             * @example du_1Test
             */
            disputeId: string;
            /** @description Null as long as the money that it is about is not known. */
            paymentNumber: string | null;
            orderNumber: string | null;
            /** @example pi_1Test */
            transactionId: string;
            /** @description What is disputed; null if no report has named it. */
            amount: components["schemas"]["MoneyDocument"] | null;
            /** @description In the gateway's words. */
            reason: string | null;
            /** @enum {string} */
            status: "inquiry" | "needs_response" | "under_review" | "won" | "lost" | "closed";
            /**
             * Format: date-time
             * @description Until when the shop can answer.
             */
            dueBy: string | null;
            /** @description The gateway holds the money now. */
            moneyTaken: boolean;
            /** Format: date-time */
            openedAt: string;
            /** Format: date-time */
            closedAt: string | null;
        };
        RefundFailureDocument: {
            /** @example expired_or_canceled_card */
            code: string;
            message: string | null;
        };
        RefundDocument: {
            /** @example re_1 */
            refundNumber: string;
            /** @description The payment that has the money. While the money has not come: the payment that the gateway has named. */
            paymentNumber: string | null;
            orderNumber: string | null;
            /** @example stripe */
            gateway: string;
            transactionId: string;
            /** @description The discrepancy that it was made for. */
            discrepancyId: string | null;
            amount: components["schemas"]["MoneyDocument"];
            reason: string | null;
            /** @enum {string} */
            origin: "requested" | "reported";
            /** @enum {string} */
            status: "requested" | "processing" | "succeeded" | "failed";
            gatewayRefundId: string | null;
            /** @description Where a refund that an operator has recorded can be found. */
            reference: string | null;
            /** @description Why it failed, in the gateway's words. */
            failure: components["schemas"]["RefundFailureDocument"] | null;
            /** @description How often this service has asked the gateway for it. */
            attempts: number;
            /** Format: date-time */
            nextAttemptAt: string | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        LogEntryDocument: {
            /** Format: date-time */
            at: string;
            /** @example payment.succeeded */
            event: string;
            /** @example gateway:stripe */
            actor: string;
            data: {
                [key: string]: unknown;
            };
        };
        PaymentDocument: {
            paymentNumber: string;
            /** @example A-1001 */
            orderNumber: string;
            /** @example stripe */
            gateway: string;
            amount: components["schemas"]["MoneyDocument"];
            /** @enum {string} */
            status: "init" | "processing" | "succeeded" | "failed" | "cancelled" | "expired";
            transactionId: string | null;
            /** Format: date-time */
            expiresAt: string;
            /** Format: date-time */
            paidAt: string | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description The newest 20, newest first. */
            disputes: components["schemas"]["DisputeDocument"][];
            /** @description What refunds that succeeded come to. */
            refunded: components["schemas"]["MoneyDocument"];
            /** @description What can still be refunded. Zero before the payment has succeeded. */
            refundable: components["schemas"]["MoneyDocument"];
            /** @description The newest 20 refunds that name the payment, newest first. */
            refunds: components["schemas"]["RefundDocument"][];
            /** @description The newest 100 entries, oldest first. */
            log: components["schemas"]["LogEntryDocument"][];
        };
        EndedByDocument: {
            /**
             * @description `settlement`: the money has settled a payment. `refunds`: refunds came to its amount. `decision`: an operator dismissed it. `successor`: another discrepancy has the money now. `outcome`: its callback was decided after all. `dispute`: the dispute that it is about was won or withdrawn.
             * @enum {string}
             */
            by: "settlement" | "refunds" | "decision" | "successor" | "outcome" | "dispute";
            /** @description Of a `settlement`. */
            paymentNumber?: string;
            /** @description Of `refunds`: the last one. */
            refundNumber?: string | null;
            /** @description Of a `successor`. Null if the refund or the dispute of an old report was recorded, or if a release before 0.8.0 has ended the discrepancy. */
            discrepancyId?: string | null;
            /**
             * @description Of an `outcome`.
             * @enum {string}
             */
            outcome?: "settled" | "duplicate" | "recorded" | "stale" | "ignored" | "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "pending" | "undeliverable";
            /** @description Of a `dispute`: the gateway's id. */
            disputeId?: string;
            /**
             * @description Of a `dispute`.
             * @enum {string}
             */
            status?: "inquiry" | "needs_response" | "under_review" | "won" | "lost" | "closed";
        };
        TimelineItemDocument: {
            /** Format: date-time */
            at: string;
            /** @enum {string} */
            kind: "callback" | "event" | "discrepancy" | "note" | "delivery";
            id: string;
            /** @description Event or delivery: the type of the event. Discrepancy: `opened` or `resolved`. */
            type?: string | null;
            /** @description Event, discrepancy or note: who caused it. */
            actor?: string | null;
            /** @description Callback: its gateway. */
            gateway?: string | null;
            /** @description Callback: the gateway's id of the event. Delivery: the id that the subscriber receives. */
            eventId?: string | null;
            /** @description Callback: what it reports. */
            noticeKind?: string | null;
            /** @description Callback: its current outcome. */
            outcome?: string | null;
            /** @description Callback: how often it was received. */
            deliveries?: number;
            /** @description Callback: when its outcome was decided. */
            settledAt?: string | null;
            /** @description Event or discrepancy: the callback that caused it. */
            callbackId?: string | null;
            /** @description Event: its data. */
            data?: {
                [key: string]: unknown;
            };
            /** @description Discrepancy: its kind. */
            discrepancyKind?: string | null;
            /** @description Discrepancy: how an operator ended it. */
            resolution?: string | null;
            /** @description Discrepancy: the outcome of an acceptance or an attachment, or why it closed by itself. */
            reason?: string | null;
            /** @description Discrepancy: what has ended it. */
            endedBy?: components["schemas"]["EndedByDocument"] | null;
            /** @description Note: the discrepancy that it was added to. */
            discrepancyId?: string | null;
            /** @description Note: its text. */
            note?: string | null;
            /** @description Delivery: the id of the endpoint, or `nats`. */
            subscriber?: string | null;
            /** @description Delivery: its status. */
            status?: string | null;
            /** @description Delivery: the number of attempts. */
            attempts?: number;
            /** @description Delivery: when the subscriber accepted it. */
            deliveredAt?: string | null;
        };
        TimelineDocument: {
            /** @description The items of this page, oldest first. */
            items: components["schemas"]["TimelineItemDocument"][];
            /** @description The `cursor` of the next page, which has older items; null on the last page. */
            nextCursor: string | null;
            /** @description True if there are older items on the next page. */
            truncated: boolean;
        };
        PaymentTransitionBody: {
            /** @enum {string} */
            to: "processing" | "cancelled";
        };
        CallbackDocument: {
            id: string;
            /** @example stripe */
            gateway: string;
            eventId: string;
            /** @example succeeded */
            kind: string;
            paymentNumber: string | null;
            /** @enum {string} */
            outcome: "settled" | "duplicate" | "recorded" | "stale" | "ignored" | "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "pending" | "undeliverable";
            deliveries: number;
            /** Format: date-time */
            receivedAt: string;
            /** Format: date-time */
            settledAt: string | null;
        };
        RefundReportDocument: {
            /** @description The merchant's number of the refund. */
            refundNumber: string | null;
            /** @description The gateway's id of the refund. */
            gatewayRefundId: string | null;
            /** @description The money of this refund alone. */
            amount: components["schemas"]["MoneyDocument"] | null;
            /** @enum {string} */
            status: "processing" | "succeeded" | "failed" | "abnormal";
            /** @description The sum of all refunds of the transaction so far. */
            cumulative: components["schemas"]["MoneyDocument"] | null;
            /** @description What was paid with the transaction. */
            paid: components["schemas"]["MoneyDocument"] | null;
            /**
             * Format: date-time
             * @description The gateway's time.
             */
            at: string | null;
            failure: components["schemas"]["RefundFailureDocument"] | null;
        };
        DisputeReportDocument: {
            /** @enum {string} */
            kind: "dispute" | "fraud_warning";
            disputeId: string;
            amount: components["schemas"]["MoneyDocument"] | null;
            /** @enum {string|null} */
            status: "inquiry" | "needs_response" | "under_review" | "won" | "lost" | "closed" | null;
            /** @description In the gateway's words. */
            reason: string | null;
            /**
             * Format: date-time
             * @description Until when the shop can answer.
             */
            dueBy: string | null;
            /** @description Whether the gateway holds the money of the dispute. Null if the callback does not say. */
            moneyTaken: boolean | null;
            /**
             * Format: date-time
             * @description The gateway's time.
             */
            at: string | null;
        };
        CallbackDetailDocument: {
            id: string;
            /** @example stripe */
            gateway: string;
            eventId: string;
            /** @example succeeded */
            kind: string;
            paymentNumber: string | null;
            /** @enum {string} */
            outcome: "settled" | "duplicate" | "recorded" | "stale" | "ignored" | "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "pending" | "undeliverable";
            deliveries: number;
            /** Format: date-time */
            receivedAt: string;
            /** Format: date-time */
            settledAt: string | null;
            /** @description The gateway's id of the money. */
            transactionId: string | null;
            /** @description In the currency in which the shop asked for it. */
            amount: components["schemas"]["MoneyDocument"] | null;
            /** @description What the gateway took from the customer, if it has converted the currency. */
            charged: components["schemas"]["MoneyDocument"] | null;
            /** @description The refund that it reports. */
            refund: components["schemas"]["RefundReportDocument"] | null;
            /** @description The dispute or the fraud warning that it reports. */
            dispute: components["schemas"]["DisputeReportDocument"] | null;
            /** @description For operators only. Null after they were removed because of their age. */
            headers?: {
                [key: string]: string;
            } | null;
            /**
             * Format: byte
             * @description The bytes as they were received. For operators only. Null after they were removed because of their age.
             */
            bodyBase64?: string | null;
        };
        ReplayDocument: {
            callbackId: string;
            /** @enum {string} */
            storedOutcome: "settled" | "duplicate" | "recorded" | "stale" | "ignored" | "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "pending" | "undeliverable";
            /** @enum {string} */
            outcome: "settled" | "duplicate" | "recorded" | "stale" | "ignored" | "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "pending" | "undeliverable";
            /** @description False if the outcome is the same again, or if the stored outcome was final. */
            changed: boolean;
        };
        CheckDocument: {
            /** @example in_time */
            name: string;
            /** @example by 2026-11-23T08:30:00.000Z */
            expected: string;
            /** @example 2026-11-23T08:41:12.305Z */
            actual: string;
            /** @description The first check for which this is false decides the outcome. */
            holds: boolean;
        };
        ExplanationDocument: {
            callbackId: string;
            /**
             * @description What was decided at the time.
             * @enum {string}
             */
            storedOutcome: "settled" | "duplicate" | "recorded" | "stale" | "ignored" | "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "pending" | "undeliverable";
            /**
             * @description What would be decided now.
             * @enum {string}
             */
            outcome: "settled" | "duplicate" | "recorded" | "stale" | "ignored" | "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "pending" | "undeliverable";
            /** Format: date-time */
            judgedAt: string;
            checks: components["schemas"]["CheckDocument"][];
        };
        RejectionDocument: {
            gateway: string | null;
            /** @example signature_mismatch */
            reason: string;
            path: string | null;
            /** Format: date-time */
            receivedAt: string;
            /** @example 203.0.113.7 */
            remoteAddress: string;
        };
        AllowedResolutionDocument: {
            /** @enum {string} */
            resolution: "accept" | "attach" | "refund" | "refunded_elsewhere" | "dismiss";
            /** @description The fields that the request must have. */
            needs: string[];
            /** @description What happens then, for a person. */
            consequence: string;
        };
        DiscrepancyDocument: {
            id: string;
            /** @enum {string} */
            kind: "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "undeliverable" | "refund_due" | "refund_failed" | "refund_stuck" | "refund_exceeds_payment" | "dispute" | "dispute_lost" | "fraud_warning";
            /** @enum {string} */
            status: "open" | "resolved";
            /** @example stripe */
            gateway: string;
            paymentNumber: string | null;
            orderNumber: string | null;
            transactionId: string | null;
            callbackId: string | null;
            /** @description The money that came, the smallest amount if it came with several; null if no notification has named any. */
            amount: components["schemas"]["MoneyDocument"] | null;
            /** @description What has gone back of the money that the discrepancy owns, or what was recorded for the refund that has failed; null if nothing was. */
            refunded: components["schemas"]["MoneyDocument"] | null;
            /** @description The newest refund that was made for it, or the refund that it is about. */
            refundNumber: string | null;
            /** Format: date-time */
            dueBy: string | null;
            /** @description Who looks after it: the name of a token. */
            assignee: string | null;
            /** @description How an operator may end it. Empty if it has ended. */
            allowedResolutions: components["schemas"]["AllowedResolutionDocument"][];
            details: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            openedAt: string;
            /** Format: date-time */
            resolvedAt: string | null;
            /** @enum {string|null} */
            resolution: "accept" | "attach" | "refund" | "refunded_elsewhere" | "dismiss" | null;
            resolvedBy: string | null;
            reference: string | null;
            /** @description The outcome of an acceptance or an attachment, or why the case closed by itself. */
            reason: string | null;
            /** @description Null while it is open. */
            endedBy: components["schemas"]["EndedByDocument"] | null;
        };
        NoteDocument: {
            /** Format: date-time */
            at: string;
            /** @example admin:dev */
            actor: string;
            note: string;
        };
        DiscrepancyDetailDocument: {
            id: string;
            /** @enum {string} */
            kind: "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "undeliverable" | "refund_due" | "refund_failed" | "refund_stuck" | "refund_exceeds_payment" | "dispute" | "dispute_lost" | "fraud_warning";
            /** @enum {string} */
            status: "open" | "resolved";
            /** @example stripe */
            gateway: string;
            paymentNumber: string | null;
            orderNumber: string | null;
            transactionId: string | null;
            callbackId: string | null;
            /** @description The money that came, the smallest amount if it came with several; null if no notification has named any. */
            amount: components["schemas"]["MoneyDocument"] | null;
            /** @description What has gone back of the money that the discrepancy owns, or what was recorded for the refund that has failed; null if nothing was. */
            refunded: components["schemas"]["MoneyDocument"] | null;
            /** @description The newest refund that was made for it, or the refund that it is about. */
            refundNumber: string | null;
            /** Format: date-time */
            dueBy: string | null;
            /** @description Who looks after it: the name of a token. */
            assignee: string | null;
            /** @description How an operator may end it. Empty if it has ended. */
            allowedResolutions: components["schemas"]["AllowedResolutionDocument"][];
            details: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            openedAt: string;
            /** Format: date-time */
            resolvedAt: string | null;
            /** @enum {string|null} */
            resolution: "accept" | "attach" | "refund" | "refunded_elsewhere" | "dismiss" | null;
            resolvedBy: string | null;
            reference: string | null;
            /** @description The outcome of an acceptance or an attachment, or why the case closed by itself. */
            reason: string | null;
            /** @description Null while it is open. */
            endedBy: components["schemas"]["EndedByDocument"] | null;
            note: string | null;
            notes: components["schemas"]["NoteDocument"][];
        };
        ResolutionBody: {
            /**
             * @description `accept` takes the money, in the currency that is due only. `attach` gives it to another payment. `refunded_elsewhere`: the money, or a part of it, was refunded by another way. `dismiss`: nothing needs to be done. `refund` is not available yet. `allowedResolutions` of the discrepancy lists those that it allows.
             * @enum {string}
             */
            resolution: "accept" | "attach" | "refund" | "refunded_elsewhere" | "dismiss";
            /** @description The reason. It is stored with the case and is never sent in an event. */
            note: string;
            /** @description Where the refund can be found, for example its id at the gateway. Required for `refunded_elsewhere`. It is sent in an event, so it must not contain personal data. */
            reference?: string | null;
            /** @description The payment that gets the money. Required for `attach`, and for it only. */
            paymentNumber?: string | null;
            /** @description What was refunded: only for `refunded_elsewhere`, and at most what is left. By default all that is left. After a part the discrepancy stays open for the rest. */
            amount?: components["schemas"]["MoneyDocument"] | null;
        };
        AssignmentBody: {
            /** @description The name of the token that looks after the discrepancy; null for nobody. */
            assignee: string | null;
        };
        NoteBody: {
            note: string;
        };
        DisputeLogEntryDocument: {
            /** Format: date-time */
            at: string;
            /** @example dispute.updated */
            event: string;
            /** @example gateway:stripe */
            actor: string;
            data: {
                [key: string]: unknown;
            };
        };
        DisputeDetailDocument: {
            /** @example 17 */
            id: string;
            /** @example stripe */
            gateway: string;
            /**
             * @description The gateway's id of the dispute.
             * @example du_1Test
             */
            disputeId: string;
            /** @description Null as long as the money that it is about is not known. */
            paymentNumber: string | null;
            orderNumber: string | null;
            /** @example pi_1Test */
            transactionId: string;
            /** @description What is disputed; null if no report has named it. */
            amount: components["schemas"]["MoneyDocument"] | null;
            /** @description In the gateway's words. */
            reason: string | null;
            /** @enum {string} */
            status: "inquiry" | "needs_response" | "under_review" | "won" | "lost" | "closed";
            /**
             * Format: date-time
             * @description Until when the shop can answer.
             */
            dueBy: string | null;
            /** @description The gateway holds the money now. */
            moneyTaken: boolean;
            /** Format: date-time */
            openedAt: string;
            /** Format: date-time */
            closedAt: string | null;
            /** @description The newest 100 entries, oldest first. */
            log: components["schemas"]["DisputeLogEntryDocument"][];
        };
        RefundLogEntryDocument: {
            /** Format: date-time */
            at: string;
            /** @example refund.succeeded */
            event: string;
            /** @example gateway:stripe */
            actor: string;
            data: {
                [key: string]: unknown;
            };
        };
        RefundDetailDocument: {
            /** @example re_1 */
            refundNumber: string;
            /** @description The payment that has the money. While the money has not come: the payment that the gateway has named. */
            paymentNumber: string | null;
            orderNumber: string | null;
            /** @example stripe */
            gateway: string;
            transactionId: string;
            /** @description The discrepancy that it was made for. */
            discrepancyId: string | null;
            amount: components["schemas"]["MoneyDocument"];
            reason: string | null;
            /** @enum {string} */
            origin: "requested" | "reported";
            /** @enum {string} */
            status: "requested" | "processing" | "succeeded" | "failed";
            gatewayRefundId: string | null;
            /** @description Where a refund that an operator has recorded can be found. */
            reference: string | null;
            /** @description Why it failed, in the gateway's words. */
            failure: components["schemas"]["RefundFailureDocument"] | null;
            /** @description How often this service has asked the gateway for it. */
            attempts: number;
            /** Format: date-time */
            nextAttemptAt: string | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description The newest 100 entries, oldest first. */
            log: components["schemas"]["RefundLogEntryDocument"][];
        };
        ViolationDocument: {
            /** @enum {string} */
            violation: "no_owner" | "two_owners" | "given_back_and_open" | "order_not_refunded" | "ending_not_found" | "refunds_exceed_money" | "settlement_differs";
            /** @example stripe */
            gateway: string;
            transactionId: string;
            /** @description The payment that the money has settled. */
            paymentNumber: string | null;
            orderNumber: string | null;
            /** @description The discrepancy that the violation is about. */
            discrepancyId: string | null;
        };
        AuditDocument: {
            /** Format: date-time */
            checkedAt: string;
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
            /** @description How many pieces of money were examined. */
            pieces: number;
            /** @description How many of them do not have exactly one owner. 0 is the promise. */
            unowned: number;
            /** @description The first hundred. */
            violations: components["schemas"]["ViolationDocument"][];
        };
        EndpointDocument: {
            id: string;
            /** Format: uri */
            url: string;
            /** @description The types of events that are sent. Null for all types. */
            events: ("order.paid" | "order.cancelled" | "order.shipped" | "order.completed" | "order.refund_requested" | "order.refunded" | "order.refund_rejected" | "payment.succeeded" | "payment.failed" | "payment.cancelled" | "payment.expired" | "dispute.opened" | "dispute.updated" | "dispute.closed" | "payment.refunded" | "refund.requested" | "refund.processing" | "refund.succeeded" | "refund.failed" | "discrepancy.opened" | "discrepancy.resolved")[] | null;
            /** @description The names of the headers that are sent with each delivery. Their values are never shown. */
            headers: string[];
            /**
             * @description Events for a paused endpoint are stored, and are sent when it is resumed. After 7 days it is disabled: what waits is dropped, and nothing is stored for it until it is resumed.
             * @enum {string}
             */
            status: "active" | "paused" | "disabled";
            pausedBecause: string | null;
            /** Format: date-time */
            pausedAt: string | null;
            /** @description Failed attempts since the last one that succeeded. */
            failures: number;
            /** Format: date-time */
            failingSince: string | null;
            /**
             * Format: date-time
             * @description The receiver has answered with Retry-After: nothing is sent before this time.
             */
            heldUntil: string | null;
            /**
             * Format: date-time
             * @description Until then requests are signed with the previous secret as well.
             */
            oldSecretUntil: string | null;
            /** Format: date-time */
            createdAt: string;
        };
        DeliveryDocument: {
            /** @example evt_1042 */
            eventId: string;
            /** @enum {string} */
            type: "order.paid" | "order.cancelled" | "order.shipped" | "order.completed" | "order.refund_requested" | "order.refunded" | "order.refund_rejected" | "payment.succeeded" | "payment.failed" | "payment.cancelled" | "payment.expired" | "dispute.opened" | "dispute.updated" | "dispute.closed" | "payment.refunded" | "refund.requested" | "refund.processing" | "refund.succeeded" | "refund.failed" | "discrepancy.opened" | "discrepancy.resolved";
            orderNumber: string | null;
            /** @enum {string} */
            status: "waiting" | "sending" | "delivered" | "given_up";
            attempts: number;
            /** Format: date-time */
            lastAttemptAt: string | null;
            /** @description The HTTP status of the last answer; null if there was no answer. */
            lastStatus: number | null;
            lastError: string | null;
            /**
             * Format: date-time
             * @description When the next attempt is due. For `sending`: when another process may take over.
             */
            nextAttemptAt: string | null;
            /** Format: date-time */
            deliveredAt: string | null;
        };
        EndpointBody: {
            /**
             * Format: uri
             * @description Must be https, and no private, loopback or reserved address, unless this service is configured to allow both. Redirects are not followed. It is stored in its normal form: `https://SHOP.example:443` becomes `https://shop.example/`.
             * @example https://shop.example/hooks/quittance
             */
            url: string;
            /** @description The types of events to send. All types if it is absent. */
            events?: ("order.paid" | "order.cancelled" | "order.shipped" | "order.completed" | "order.refund_requested" | "order.refunded" | "order.refund_rejected" | "payment.succeeded" | "payment.failed" | "payment.cancelled" | "payment.expired" | "dispute.opened" | "dispute.updated" | "dispute.closed" | "payment.refunded" | "refund.requested" | "refund.processing" | "refund.succeeded" | "refund.failed" | "discrepancy.opened" | "discrepancy.resolved")[] | null;
            /**
             * @description Headers that are sent with each delivery. At most 10. Values are visible ASCII, and no answer shows them. `host`, `content-*`, `webhook-*` and the headers of the connection are refused.
             * @example {
             *       "X-Shop-Token": "a-long-random-text"
             *     }
             */
            headers?: {
                [key: string]: string;
            } | null;
        };
        EndpointWithSecretDocument: {
            id: string;
            /** Format: uri */
            url: string;
            /** @description The types of events that are sent. Null for all types. */
            events: ("order.paid" | "order.cancelled" | "order.shipped" | "order.completed" | "order.refund_requested" | "order.refunded" | "order.refund_rejected" | "payment.succeeded" | "payment.failed" | "payment.cancelled" | "payment.expired" | "dispute.opened" | "dispute.updated" | "dispute.closed" | "payment.refunded" | "refund.requested" | "refund.processing" | "refund.succeeded" | "refund.failed" | "discrepancy.opened" | "discrepancy.resolved")[] | null;
            /** @description The names of the headers that are sent with each delivery. Their values are never shown. */
            headers: string[];
            /**
             * @description Events for a paused endpoint are stored, and are sent when it is resumed. After 7 days it is disabled: what waits is dropped, and nothing is stored for it until it is resumed.
             * @enum {string}
             */
            status: "active" | "paused" | "disabled";
            pausedBecause: string | null;
            /** Format: date-time */
            pausedAt: string | null;
            /** @description Failed attempts since the last one that succeeded. */
            failures: number;
            /** Format: date-time */
            failingSince: string | null;
            /**
             * Format: date-time
             * @description The receiver has answered with Retry-After: nothing is sent before this time.
             */
            heldUntil: string | null;
            /**
             * Format: date-time
             * @description Until then requests are signed with the previous secret as well.
             */
            oldSecretUntil: string | null;
            /** Format: date-time */
            createdAt: string;
            /**
             * @description Shown only in this answer: `whsec_` and 32 random bytes in base64. The service stores it unencrypted, because signing needs it.
             * @example whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=
             */
            secret: string;
        };
        EndpointChangeBody: {
            /**
             * Format: uri
             * @description Must be https, and no private, loopback or reserved address, unless this service is configured to allow both. Redirects are not followed. It is stored in its normal form: `https://SHOP.example:443` becomes `https://shop.example/`.
             * @example https://shop.example/hooks/quittance
             */
            url?: string;
            /** @description The types of events to send from now on. Null for all types. */
            events?: ("order.paid" | "order.cancelled" | "order.shipped" | "order.completed" | "order.refund_requested" | "order.refunded" | "order.refund_rejected" | "payment.succeeded" | "payment.failed" | "payment.cancelled" | "payment.expired" | "dispute.opened" | "dispute.updated" | "dispute.closed" | "payment.refunded" | "refund.requested" | "refund.processing" | "refund.succeeded" | "refund.failed" | "discrepancy.opened" | "discrepancy.resolved")[] | null;
            /**
             * @description They replace all headers of the endpoint. Null or an empty object removes them. At most 10. Values are visible ASCII, and no answer shows them. `host`, `content-*`, `webhook-*` and the headers of the connection are refused.
             * @example {
             *       "X-Shop-Token": "a-long-random-text"
             *     }
             */
            headers?: {
                [key: string]: string;
            } | null;
        };
        TestAttemptDocument: {
            /**
             * @description The `webhook-id` of the request.
             * @example evt_test_0f5c2c2a9d3b4b1f8e6a7c9d0e1f2a3b
             */
            eventId: string;
            /** Format: date-time */
            sentAt: string;
            /** @description Milliseconds until the answer, or until the attempt failed. */
            durationMs: number;
            /** @description Whether the answer was 2xx. */
            delivered: boolean;
            /** @description The HTTP status of the answer; null if there was no answer. */
            status: number | null;
            error: string | null;
        };
        ReplayBody: {
            /**
             * Format: date-time
             * @description Events that happened at this time or later. ISO 8601 with its offset.
             * @example 2026-11-26T08:00:00Z
             */
            from: string;
            /**
             * Format: date-time
             * @description Events that happened before this time, at most 31 days after `from`. ISO 8601 with its offset.
             * @example 2026-11-26T08:00:00Z
             */
            to: string;
            /** @description The `nextCursor` of the answer to the same request, if it was not null. */
            cursor?: string | null;
        };
        ReplayedEventsDocument: {
            /** @description Deliveries that are due now. What waited already is not counted. */
            queued: number;
            /** @description Null if the whole range is queued. A very large replay stops after about 100000 deliveries or 15 seconds: send the same request with this text as `cursor`, until it is null. */
            nextCursor: string | null;
        };
        EventStreamDocument: {
            /** @example QUITTANCE */
            stream: string;
            /** @description Of the process that answers: it has a connection to the server, and has found or created the stream. Another replica may have one all the same. */
            connected: boolean;
            /** @description Of the process that answers: why it has no connection, or why the stream refused the newest of the events that are still refused. Null if neither is so. */
            lastError: string | null;
            /** @description Of the whole installation: the age of the oldest event that the stream has not received, by the database. Null if no process has registered the stream yet. */
            lagSeconds: number | null;
        };
        FieldFaultDocument: {
            /** @example total.amount */
            field: string;
            /** @example must be greater than zero */
            message: string;
        };
        ProblemDocument: {
            /** @example about:blank */
            type: string;
            /** @example Unprocessable Entity */
            title: string;
            /** @example 422 */
            status: number;
            detail: string;
            /**
             * @description For programs: a code is never renamed. Later releases may add codes.
             * @example number_taken
             */
            code?: string;
            /** @description With `invalid`: all faults that the request alone shows, one for each field, at most 20. If there are none, one fault that depends on the configuration or on what is stored, such as a gateway that is not configured. */
            errors?: components["schemas"]["FieldFaultDocument"][];
            /**
             * @description With `number_taken`: the field of the request that has the number. `placeOrder`: `orderNumber` if the order exists, otherwise `payment.paymentNumber`. `openPayment`: `paymentNumber`.
             * @example payment.paymentNumber
             */
            field?: string;
            /** @description With `transition_not_allowed`: the values that `to` may have now. They are statuses of an order or of a payment, as the request is. */
            allowedTransitions?: ("pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled" | "init" | "processing" | "succeeded" | "failed" | "expired")[];
            /**
             * @description With `transition_not_allowed` and `order_not_pending`: the status now, of the order or of the payment.
             * @enum {string}
             */
            current?: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled" | "init" | "processing" | "succeeded" | "failed" | "expired";
            /** @description With `ending_not_allowed`: how the discrepancy can end now. */
            allowedResolutions?: components["schemas"]["AllowedResolutionDocument"][];
            /** @description With `exceeds_refundable`: what is left to refund; null if nothing is. */
            refundable?: components["schemas"]["MoneyDocument"] | null;
            /**
             * @description With `not_attachable`: the outcome that the money would have for the payment.
             * @enum {string}
             */
            outcome?: "settled" | "duplicate" | "recorded" | "stale" | "ignored" | "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "pending" | "undeliverable";
            /** @description With `not_attachable`: what was checked. The first check that does not hold says why. */
            checks?: components["schemas"]["CheckDocument"][];
            /**
             * @description With `resolved_before`: how the discrepancy has ended; null if no operator has ended it.
             * @enum {string|null}
             */
            resolution?: "accept" | "attach" | "refund" | "refunded_elsewhere" | "dismiss" | null;
            /** @description With `resolved_before`: the name of the token that has ended it; null if no operator has. */
            resolvedBy?: string | null;
            /**
             * Format: date-time
             * @description With `resolved_before`: when it ended.
             */
            resolvedAt?: string | null;
            /** @description With `resolved_before`: as `reason` of the discrepancy. */
            reason?: string | null;
            /** @description Of `/health/ready`: why callbacks cannot be stored, for people. */
            faults?: string[];
            /** @description Of `/health/ready`: the same, for programs. */
            codes?: string[];
        };
        /** @description What a sender of Standard Webhooks sends to `/callbacks/standard-webhooks`, signed by the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`. A success needs the number, the transaction and the money; the others need the number. */
        StandardWebhooksCallback: {
            /** @example payment.succeeded */
            type: string;
            /** Format: date-time */
            timestamp?: string;
            data: {
                paymentNumber?: string;
                transactionId?: string;
                /** @example 100.00 */
                amount?: string;
                /** @example CNY */
                currency?: string;
                /** Format: date-time */
                paidAt?: string;
                reason?: string;
            };
        };
        OrderPaidEvent: {
            /** @constant */
            type: "order.paid";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                /** @description The payment that changed the status, if a payment did. */
                paymentNumber?: string;
                /** @enum {unknown} */
                from: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                to: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                move: "pay" | "cancel" | "ship" | "complete" | "requestRefund" | "refund" | "rejectRefund";
                /** @description The money that came; zero for an order of zero. */
                amount: components["schemas"]["MoneyDocument"];
                /** @description The gateway's transaction id. Absent for an order of zero, which no money has paid. */
                transactionId?: string;
                /** @description Absent as `transactionId` is. */
                gateway?: string;
                /** @description Of an order of zero: `nothing was due`. */
                reason?: string;
            };
        };
        OrderCancelledEvent: {
            /** @constant */
            type: "order.cancelled";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                /** @description The payment that changed the status, if a payment did. */
                paymentNumber?: string;
                /** @enum {unknown} */
                from: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                to: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                move: "pay" | "cancel" | "ship" | "complete" | "requestRefund" | "refund" | "rejectRefund";
                /** @description The total of the order. */
                total?: components["schemas"]["MoneyDocument"];
                /** @description Of an order that the schedule has cancelled. */
                reason?: string;
            };
        };
        OrderShippedEvent: {
            /** @constant */
            type: "order.shipped";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                /** @description The payment that changed the status, if a payment did. */
                paymentNumber?: string;
                /** @enum {unknown} */
                from: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                to: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                move: "pay" | "cancel" | "ship" | "complete" | "requestRefund" | "refund" | "rejectRefund";
                /** @description The total of the order. */
                total?: components["schemas"]["MoneyDocument"];
                /** @description Of an order that the schedule has cancelled. */
                reason?: string;
            };
        };
        OrderCompletedEvent: {
            /** @constant */
            type: "order.completed";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                /** @description The payment that changed the status, if a payment did. */
                paymentNumber?: string;
                /** @enum {unknown} */
                from: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                to: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                move: "pay" | "cancel" | "ship" | "complete" | "requestRefund" | "refund" | "rejectRefund";
                /** @description The total of the order. */
                total?: components["schemas"]["MoneyDocument"];
                /** @description Of an order that the schedule has cancelled. */
                reason?: string;
            };
        };
        OrderRefundRequestedEvent: {
            /** @constant */
            type: "order.refund_requested";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                /** @description The payment that changed the status, if a payment did. */
                paymentNumber?: string;
                /** @enum {unknown} */
                from: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                to: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                move: "pay" | "cancel" | "ship" | "complete" | "requestRefund" | "refund" | "rejectRefund";
                /** @description The total of the order. */
                total?: components["schemas"]["MoneyDocument"];
                /** @description Of an order that the schedule has cancelled. */
                reason?: string;
            };
        };
        OrderRefundedEvent: {
            /** @constant */
            type: "order.refunded";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                /** @description The payment that changed the status, if a payment did. */
                paymentNumber?: string;
                /** @enum {unknown} */
                from: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                to: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                move: "pay" | "cancel" | "ship" | "complete" | "requestRefund" | "refund" | "rejectRefund";
                /** @description The total of the order. */
                total?: components["schemas"]["MoneyDocument"];
                /** @description Of an order that the schedule has cancelled. */
                reason?: string;
            };
        };
        OrderRefundRejectedEvent: {
            /** @constant */
            type: "order.refund_rejected";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                /** @description The payment that changed the status, if a payment did. */
                paymentNumber?: string;
                /** @enum {unknown} */
                from: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                to: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                /** @enum {unknown} */
                move: "pay" | "cancel" | "ship" | "complete" | "requestRefund" | "refund" | "rejectRefund";
                /** @description The total of the order. */
                total?: components["schemas"]["MoneyDocument"];
                /** @description Of an order that the schedule has cancelled. */
                reason?: string;
            };
        };
        PaymentSucceededEvent: {
            /** @constant */
            type: "payment.succeeded";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                paymentNumber: string;
                /** @enum {unknown} */
                from: "init" | "processing" | "succeeded" | "failed" | "cancelled" | "expired";
                gateway?: string;
                /** @description The gateway's transaction id of a payment that succeeded. */
                transactionId?: string;
                /** @description Of `payment.succeeded`: what came. Of all others: what was due. */
                amount?: components["schemas"]["MoneyDocument"];
                /** @description Of `payment.succeeded`: what the customer was charged. Absent unless the gateway has converted the currency. */
                charged?: components["schemas"]["MoneyDocument"];
                /** @description Why it failed, as the gateway says. */
                reason?: string;
            };
        };
        PaymentFailedEvent: {
            /** @constant */
            type: "payment.failed";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                paymentNumber: string;
                /** @enum {unknown} */
                from: "init" | "processing" | "succeeded" | "failed" | "cancelled" | "expired";
                gateway?: string;
                /** @description The gateway's transaction id of a payment that succeeded. */
                transactionId?: string;
                /** @description Of `payment.succeeded`: what came. Of all others: what was due. */
                amount?: components["schemas"]["MoneyDocument"];
                /** @description Of `payment.succeeded`: what the customer was charged. Absent unless the gateway has converted the currency. */
                charged?: components["schemas"]["MoneyDocument"];
                /** @description Why it failed, as the gateway says. */
                reason?: string;
            };
        };
        PaymentCancelledEvent: {
            /** @constant */
            type: "payment.cancelled";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                paymentNumber: string;
                /** @enum {unknown} */
                from: "init" | "processing" | "succeeded" | "failed" | "cancelled" | "expired";
                gateway?: string;
                /** @description The gateway's transaction id of a payment that succeeded. */
                transactionId?: string;
                /** @description Of `payment.succeeded`: what came. Of all others: what was due. */
                amount?: components["schemas"]["MoneyDocument"];
                /** @description Of `payment.succeeded`: what the customer was charged. Absent unless the gateway has converted the currency. */
                charged?: components["schemas"]["MoneyDocument"];
                /** @description Why it failed, as the gateway says. */
                reason?: string;
            };
        };
        PaymentExpiredEvent: {
            /** @constant */
            type: "payment.expired";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                paymentNumber: string;
                /** @enum {unknown} */
                from: "init" | "processing" | "succeeded" | "failed" | "cancelled" | "expired";
                gateway?: string;
                /** @description The gateway's transaction id of a payment that succeeded. */
                transactionId?: string;
                /** @description Of `payment.succeeded`: what came. Of all others: what was due. */
                amount?: components["schemas"]["MoneyDocument"];
                /** @description `paid_late` if money has come for the payment after its deadline: `discrepancy.opened` follows. Absent if no money came. */
                reason?: string;
            };
        };
        DisputeOpenedEvent: {
            /** @constant */
            type: "dispute.opened";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                /** @description Null if the disputed money belongs to no order of this service. */
                orderNumber: string | null;
                paymentNumber?: string;
                /** @description The gateway's id of the dispute. */
                disputeId: string;
                gateway: string;
                transactionId: string;
                /** @description What is disputed; null if the gateway has not named it. */
                amount: components["schemas"]["MoneyDocument"] | null;
                /** @enum {unknown} */
                status: "inquiry" | "needs_response" | "under_review" | "won" | "lost" | "closed";
                /**
                 * Format: date-time
                 * @description Until when the shop can answer.
                 */
                dueBy: string | null;
                /** @description The gateway holds the money now. */
                moneyTaken: boolean;
            };
        };
        DisputeUpdatedEvent: {
            /** @constant */
            type: "dispute.updated";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                /** @description Null if the disputed money belongs to no order of this service. */
                orderNumber: string | null;
                paymentNumber?: string;
                /** @description The gateway's id of the dispute. */
                disputeId: string;
                gateway: string;
                transactionId: string;
                /** @description What is disputed; null if the gateway has not named it. */
                amount: components["schemas"]["MoneyDocument"] | null;
                /** @enum {unknown} */
                status: "inquiry" | "needs_response" | "under_review" | "won" | "lost" | "closed";
                /**
                 * Format: date-time
                 * @description Until when the shop can answer.
                 */
                dueBy: string | null;
                /** @description The gateway holds the money now. */
                moneyTaken: boolean;
            };
        };
        DisputeClosedEvent: {
            /** @constant */
            type: "dispute.closed";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                /** @description Null if the disputed money belongs to no order of this service. */
                orderNumber: string | null;
                paymentNumber?: string;
                /** @description The gateway's id of the dispute. */
                disputeId: string;
                gateway: string;
                transactionId: string;
                /** @description What is disputed; null if the gateway has not named it. */
                amount: components["schemas"]["MoneyDocument"] | null;
                /** @enum {unknown} */
                status: "inquiry" | "needs_response" | "under_review" | "won" | "lost" | "closed";
                /**
                 * Format: date-time
                 * @description Until when the shop can answer.
                 */
                dueBy: string | null;
                /** @description The gateway holds the money now. */
                moneyTaken: boolean;
            };
        };
        PaymentRefundedEvent: {
            /** @constant */
            type: "payment.refunded";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                orderNumber: string;
                paymentNumber: string;
                gateway: string;
                transactionId: string;
                /** @description What refunds that succeeded come to now. It may be less than before, if a refund has failed since. */
                amount: components["schemas"]["MoneyDocument"];
                /** @description What can still be refunded. */
                refundable: components["schemas"]["MoneyDocument"];
            };
        };
        RefundRequestedEvent: {
            /** @constant */
            type: "refund.requested";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                /** @description Null if the money of the refund belongs to no order of this service. */
                orderNumber: string | null;
                paymentNumber?: string;
                /** @description As in `/admin/v1/refunds/{refundNumber}`. */
                refundNumber: string;
                gateway: string;
                transactionId: string;
                /** @description The money of this refund alone. */
                amount: components["schemas"]["MoneyDocument"];
                /** @enum {unknown} */
                origin: "requested" | "reported";
                /** @description The discrepancy that it was made for. */
                discrepancyId?: string;
                /** @description Where a refund that an operator has recorded can be found. */
                reference?: string;
                /** @description Why it failed, in the gateway's words. */
                failure?: {
                    code: string;
                    message: string | null;
                };
            };
        };
        RefundProcessingEvent: {
            /** @constant */
            type: "refund.processing";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                /** @description Null if the money of the refund belongs to no order of this service. */
                orderNumber: string | null;
                paymentNumber?: string;
                /** @description As in `/admin/v1/refunds/{refundNumber}`. */
                refundNumber: string;
                gateway: string;
                transactionId: string;
                /** @description The money of this refund alone. */
                amount: components["schemas"]["MoneyDocument"];
                /** @enum {unknown} */
                origin: "requested" | "reported";
                /** @description The discrepancy that it was made for. */
                discrepancyId?: string;
                /** @description Where a refund that an operator has recorded can be found. */
                reference?: string;
                /** @description Why it failed, in the gateway's words. */
                failure?: {
                    code: string;
                    message: string | null;
                };
            };
        };
        RefundSucceededEvent: {
            /** @constant */
            type: "refund.succeeded";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                /** @description Null if the money of the refund belongs to no order of this service. */
                orderNumber: string | null;
                paymentNumber?: string;
                /** @description As in `/admin/v1/refunds/{refundNumber}`. */
                refundNumber: string;
                gateway: string;
                transactionId: string;
                /** @description The money of this refund alone. */
                amount: components["schemas"]["MoneyDocument"];
                /** @enum {unknown} */
                origin: "requested" | "reported";
                /** @description The discrepancy that it was made for. */
                discrepancyId?: string;
                /** @description Where a refund that an operator has recorded can be found. */
                reference?: string;
                /** @description Why it failed, in the gateway's words. */
                failure?: {
                    code: string;
                    message: string | null;
                };
            };
        };
        RefundFailedEvent: {
            /** @constant */
            type: "refund.failed";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                /** @description Null if the money of the refund belongs to no order of this service. */
                orderNumber: string | null;
                paymentNumber?: string;
                /** @description As in `/admin/v1/refunds/{refundNumber}`. */
                refundNumber: string;
                gateway: string;
                transactionId: string;
                /** @description The money of this refund alone. */
                amount: components["schemas"]["MoneyDocument"];
                /** @enum {unknown} */
                origin: "requested" | "reported";
                /** @description The discrepancy that it was made for. */
                discrepancyId?: string;
                /** @description Where a refund that an operator has recorded can be found. */
                reference?: string;
                /** @description Why it failed, in the gateway's words. */
                failure?: {
                    code: string;
                    message: string | null;
                };
            };
        };
        DiscrepancyOpenedEvent: {
            /** @constant */
            type: "discrepancy.opened";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                /** @description Null if the money or notification belongs to no order of this service. */
                orderNumber: string | null;
                paymentNumber?: string;
                /** @description The id of the discrepancy, as in `/admin/v1/discrepancies/{id}`. */
                id?: string;
                /** @enum {unknown} */
                kind: "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "undeliverable" | "refund_due" | "refund_failed" | "refund_stuck" | "refund_exceeds_payment" | "dispute" | "dispute_lost" | "fraud_warning";
                gateway: string;
                transactionId: string | null;
                /** @description The money that came; null if the notification named none. */
                amount?: components["schemas"]["MoneyDocument"] | null;
                /** @description Of an opening: why the notification was refused. Of a resolution: the outcome of an acceptance or an attachment, or why the discrepancy closed by itself. */
                reason?: string | null;
                resolution?: string;
                reference?: string | null;
                /** @description Of a resolution: what has ended the discrepancy, as in `/admin/v1/discrepancies/{id}`. Releases before 0.8.0 do not send it. */
                endedBy?: {
                    /** @enum {unknown} */
                    by: "settlement" | "refunds" | "decision" | "successor" | "outcome" | "dispute";
                } & {
                    [key: string]: unknown;
                };
            };
        };
        DiscrepancyResolvedEvent: {
            /** @constant */
            type: "discrepancy.resolved";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                /** @description Null if the money or notification belongs to no order of this service. */
                orderNumber: string | null;
                paymentNumber?: string;
                /** @description The id of the discrepancy, as in `/admin/v1/discrepancies/{id}`. */
                id?: string;
                /** @enum {unknown} */
                kind: "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "undeliverable" | "refund_due" | "refund_failed" | "refund_stuck" | "refund_exceeds_payment" | "dispute" | "dispute_lost" | "fraud_warning";
                gateway: string;
                transactionId: string | null;
                /** @description The money that came; null if the notification named none. */
                amount?: components["schemas"]["MoneyDocument"] | null;
                /** @description Of an opening: why the notification was refused. Of a resolution: the outcome of an acceptance or an attachment, or why the discrepancy closed by itself. */
                reason?: string | null;
                resolution?: string;
                reference?: string | null;
                /** @description Of a resolution: what has ended the discrepancy, as in `/admin/v1/discrepancies/{id}`. Releases before 0.8.0 do not send it. */
                endedBy?: {
                    /** @enum {unknown} */
                    by: "settlement" | "refunds" | "decision" | "successor" | "outcome" | "dispute";
                } & {
                    [key: string]: unknown;
                };
            };
        };
        EndpointTestEvent: {
            /** @constant */
            type: "endpoint.test";
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            data: {
                endpointId: string;
            };
        };
    };
    responses: {
        /** @description `malformed`: The request cannot be parsed, or its body is missing, compressed or no JSON object. */
        Malformed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "malformed";
                };
            };
        };
        /** @description `unauthenticated`: The bearer token is missing or unknown. */
        Unauthenticated: {
            headers: {
                /** @description The challenge of RFC 6750. */
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "unauthenticated";
                };
            };
        };
        /**
         * @description `invalid`: A field, a parameter or the `Idempotency-Key` is invalid. `errors` has one message for each.
         *
         *     `bad_cursor`: The `cursor` belongs to another list, to other filters or to an earlier release. Start without it.
         */
        InvalidOrBadCursor: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "invalid" | "bad_cursor";
                };
            };
        };
        /** @description `too_many_requests`: Too many requests of this address had a missing or unknown token. A known token is served at any time. */
        TooManyRequests: {
            headers: {
                /** @description Seconds. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "too_many_requests";
                };
            };
        };
        /** @description `internal`: An internal error. Its cause is in the log of the service. */
        Internal: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "internal";
                };
            };
        };
        /**
         * @description `unavailable`: Temporarily unavailable. Send the same request again after `Retry-After` seconds.
         *
         *     `busy`: Too many requests are waiting. Send the same request again after `Retry-After` seconds.
         */
        UnavailableOrBusy: {
            headers: {
                /** @description Seconds. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "unavailable" | "busy";
                };
            };
        };
        /** @description `forbidden`: The request needs a token with another role. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "forbidden";
                };
            };
        };
        /**
         * @description `number_taken`: The number is used already. `field` says which one: the number of the order or of the payment.
         *
         *     `key_in_flight`: The first request with this `Idempotency-Key` is still running. Send the same request again later.
         */
        NumberTakenOrKeyInFlight: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "number_taken" | "key_in_flight";
                };
            };
        };
        /** @description `too_large`: The body is larger than 256 KiB. */
        TooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "too_large";
                };
            };
        };
        /** @description `not_json`: The `Content-Type` is not `application/json`. */
        NotJson: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "not_json";
                };
            };
        };
        /**
         * @description `invalid`: A field, a parameter or the `Idempotency-Key` is invalid. `errors` has one message for each.
         *
         *     `key_reused`: The `Idempotency-Key` was used with a different body.
         */
        InvalidOrKeyReused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "invalid" | "key_reused";
                };
            };
        };
        /** @description `not_found`: There is no resource with this number or id. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "not_found";
                };
            };
        };
        /** @description `path_too_long`: The path, or a part of it, is too long. */
        PathTooLong: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "path_too_long";
                };
            };
        };
        /** @description `invalid`: A field, a parameter or the `Idempotency-Key` is invalid. `errors` has one message for each. */
        Invalid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "invalid";
                };
            };
        };
        /**
         * @description `transition_not_allowed`: The status, which is in `current`, does not allow this. `allowedTransitions` lists the statuses that it allows.
         *
         *     `refund_under_way`: A refund of the money is under way, and its result is not known yet.
         *
         *     `key_in_flight`: The first request with this `Idempotency-Key` is still running. Send the same request again later.
         */
        TransitionNotAllowedOrRefundUnderWayOrKeyInFlight: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "transition_not_allowed" | "refund_under_way" | "key_in_flight";
                };
            };
        };
        /**
         * @description `number_taken`: The number is used already. `field` says which one: the number of the order or of the payment.
         *
         *     `order_not_pending`: The order is not pending any more, so no payment can be opened for it. `current` is its status now.
         *
         *     `key_in_flight`: The first request with this `Idempotency-Key` is still running. Send the same request again later.
         */
        NumberTakenOrOrderNotPendingOrKeyInFlight: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "number_taken" | "order_not_pending" | "key_in_flight";
                };
            };
        };
        /**
         * @description `transition_not_allowed`: The status, which is in `current`, does not allow this. `allowedTransitions` lists the statuses that it allows.
         *
         *     `key_in_flight`: The first request with this `Idempotency-Key` is still running. Send the same request again later.
         */
        TransitionNotAllowedOrKeyInFlight: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "transition_not_allowed" | "key_in_flight";
                };
            };
        };
        /**
         * @description `money_refunded`: The money has gone back, or is about to, so it can pay for nothing any more.
         *
         *     `key_in_flight`: The first request with this `Idempotency-Key` is still running. Send the same request again later.
         */
        MoneyRefundedOrKeyInFlight: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "money_refunded" | "key_in_flight";
                };
            };
        };
        /**
         * @description `resolved_before`: The discrepancy is resolved already. `resolution`, `resolvedBy`, `resolvedAt` and `reason` say how.
         *
         *     `money_refunded`: The money has gone back, or is about to, so it can pay for nothing any more.
         *
         *     `ending_not_allowed`: The discrepancy cannot end in this way. `allowedResolutions` lists the ways that it allows.
         *
         *     `refund_under_way`: A refund of the money is under way, and its result is not known yet.
         *
         *     `refund_recorded`: A refund of the money is recorded already under this `reference`, or with it as its number or its id at the gateway. The number and the id of a refund that has failed may be used again.
         *
         *     `exceeds_refundable`: More was to be refunded than is left of the money, or of the refund that has failed. `refundable` says how much is; null if nothing is.
         *
         *     `not_attachable`: The payment cannot take the money. `outcome` and `checks` say why.
         *
         *     `key_in_flight`: The first request with this `Idempotency-Key` is still running. Send the same request again later.
         */
        ResolvedBeforeOrMoneyRefundedOrEndingNotAllowedOrRefundUnderWayOrRefundRecordedOrExceedsRefundableOrNotAttachableOrKeyInFlight: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "resolved_before" | "money_refunded" | "ending_not_allowed" | "refund_under_way" | "refund_recorded" | "exceeds_refundable" | "not_attachable" | "key_in_flight";
                };
            };
        };
        /** @description `key_in_flight`: The first request with this `Idempotency-Key` is still running. Send the same request again later. */
        KeyInFlight: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "key_in_flight";
                };
            };
        };
        /**
         * @description `too_many_endpoints`: The maximum number of webhook endpoints exists already.
         *
         *     `key_in_flight`: The first request with this `Idempotency-Key` is still running. Send the same request again later.
         */
        TooManyEndpointsOrKeyInFlight: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "too_many_endpoints" | "key_in_flight";
                };
            };
        };
        /**
         * @description `endpoint_disabled`: The endpoint is disabled because it was paused for too long. Resume it first.
         *
         *     `key_in_flight`: The first request with this `Idempotency-Key` is still running. Send the same request again later.
         */
        EndpointDisabledOrKeyInFlight: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "endpoint_disabled" | "key_in_flight";
                };
            };
        };
        /**
         * @description `endpoint_disabled`: The endpoint is disabled because it was paused for too long. Resume it first.
         *
         *     `sending`: The event is being sent to the endpoint at the moment.
         *
         *     `key_in_flight`: The first request with this `Idempotency-Key` is still running. Send the same request again later.
         */
        EndpointDisabledOrSendingOrKeyInFlight: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "endpoint_disabled" | "sending" | "key_in_flight";
                };
            };
        };
        /** @description `unavailable`: Temporarily unavailable. Send the same request again after `Retry-After` seconds. */
        Unavailable: {
            headers: {
                /** @description Seconds. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"] & {
                    /** @enum {string} */
                    code: "unavailable";
                };
            };
        };
        /** @description Any other problem, for example 408, 417 or 431 for a request that is too slow, has an unknown header `Expect` or too many headers. */
        OtherProblem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemDocument"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    receiveCallback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A gateway that this service is configured for. */
                gateway: "stripe" | "wechat-pay" | "alipay" | "standard-webhooks";
            };
            cookie?: never;
        };
        /** @description The bytes as the gateway has signed them. The schema of a gateway other than Standard Webhooks is in its own documentation. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["StandardWebhooksCallback"] | Record<string, never>;
                "application/x-www-form-urlencoded": {
                    [key: string]: string;
                };
            };
        };
        responses: {
            /** @description Stored, whatever the outcome is. Alipay gets exactly `success`, the others JSON. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        received: true;
                    };
                    "text/plain": "success";
                };
            };
            /** @description Stored (WeChat Pay). */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request cannot be read, for example because its body is compressed. Nothing is stored. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                    "text/plain": string;
                };
            };
            /** @description The signature is not valid. Nothing is stored. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                    "text/plain": string;
                };
            };
            /** @description There is no such gateway, or it is not configured. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The body is larger than 256 KiB. Nothing is stored. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description Temporarily unavailable; the callback is not stored. Send it again. */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                    "text/plain": string;
                };
            };
        };
    };
    listOrders: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Only items of this time or later: by `receivedAt`, `openedAt` or `createdAt`, whichever an item has. ISO 8601 with its offset. */
                from?: string;
                /** @description Only items before this time, which is not included. ISO 8601 with its offset. Not before `from`. */
                to?: string;
                status?: "pending" | "paid" | "shipped" | "completed" | "refunding" | "refunded" | "cancelled";
                customerId?: string;
                orderNumber?: string;
                /** @description The id of a transaction of any gateway: only the order of the payment that it settled, and the orders of the cases that name it. */
                transactionId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["OrderSummaryDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    placeOrder: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["NumberTakenOrKeyInFlight"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    getOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                orderNumber: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    listOrderHistory: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path: {
                orderNumber: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["StatusChangeDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    transitionOrder: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                orderNumber: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderTransitionBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["TransitionNotAllowedOrRefundUnderWayOrKeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    openPayment: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                orderNumber: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PaymentBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["NumberTakenOrOrderNotPendingOrKeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    listPayments: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Only items of this time or later: by `receivedAt`, `openedAt` or `createdAt`, whichever an item has. ISO 8601 with its offset. */
                from?: string;
                /** @description Only items before this time, which is not included. ISO 8601 with its offset. Not before `from`. */
                to?: string;
                status?: "init" | "processing" | "succeeded" | "failed" | "cancelled" | "expired";
                gateway?: string;
                orderNumber?: string;
                /** @description The id of a transaction of any gateway: only the payment that it settled. */
                transactionId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["PaymentSummaryDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    getPayment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                paymentNumber: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    listPaymentLog: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path: {
                paymentNumber: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["LogEntryDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    getPaymentTimeline: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path: {
                paymentNumber: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimelineDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    transitionPayment: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                paymentNumber: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PaymentTransitionBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["TransitionNotAllowedOrKeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    listCallbacks: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Only items of this time or later: by `receivedAt`, `openedAt` or `createdAt`, whichever an item has. ISO 8601 with its offset. */
                from?: string;
                /** @description Only items before this time, which is not included. ISO 8601 with its offset. Not before `from`. */
                to?: string;
                gateway?: string;
                outcome?: "settled" | "duplicate" | "recorded" | "stale" | "ignored" | "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "pending" | "undeliverable";
                paymentNumber?: string;
                /** @description Only callbacks that name a payment of this order. */
                orderNumber?: string;
                /** @description The id of a transaction of any gateway: only callbacks that name it. Found are those about the payment that it settled, and those about cases that name it. */
                transactionId?: string;
                /** @description The id of the event at any gateway. */
                eventId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["CallbackDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    getCallback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CallbackDetailDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    replayCallback: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["MoneyRefundedOrKeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    explainCallback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExplanationDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    listRejections: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Only items of this time or later: by `receivedAt`, `openedAt` or `createdAt`, whichever an item has. ISO 8601 with its offset. */
                from?: string;
                /** @description Only items before this time, which is not included. ISO 8601 with its offset. Not before `from`. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["RejectionDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    listDiscrepancies: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Only items of this time or later: by `receivedAt`, `openedAt` or `createdAt`, whichever an item has. ISO 8601 with its offset. */
                from?: string;
                /** @description Only items before this time, which is not included. ISO 8601 with its offset. Not before `from`. */
                to?: string;
                status?: "open" | "resolved";
                kind?: "unmatched" | "foreign" | "paid_twice" | "transaction_reused" | "paid_late" | "amount_mismatched" | "order_not_payable" | "unreadable" | "conflicting" | "refund_reported" | "dispute_reported" | "undeliverable" | "refund_due" | "refund_failed" | "refund_stuck" | "refund_exceeds_payment" | "dispute" | "dispute_lost" | "fraud_warning";
                paymentNumber?: string;
                orderNumber?: string;
                /** @description The id of a transaction of any gateway. */
                transactionId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["DiscrepancyDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    getDiscrepancy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiscrepancyDetailDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    resolveDiscrepancy: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResolutionBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiscrepancyDetailDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["ResolvedBeforeOrMoneyRefundedOrEndingNotAllowedOrRefundUnderWayOrRefundRecordedOrExceedsRefundableOrNotAttachableOrKeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    assignDiscrepancy: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AssignmentBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiscrepancyDetailDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["KeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    addDiscrepancyNote: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NoteBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DiscrepancyDetailDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["KeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    listDisputes: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Only items of this time or later: by `receivedAt`, `openedAt` or `createdAt`, whichever an item has. ISO 8601 with its offset. */
                from?: string;
                /** @description Only items before this time, which is not included. ISO 8601 with its offset. Not before `from`. */
                to?: string;
                status?: "inquiry" | "needs_response" | "under_review" | "won" | "lost" | "closed";
                gateway?: string;
                paymentNumber?: string;
                /** @description The id of a transaction of any gateway. */
                transactionId?: string;
                /** @description The gateway's id of a dispute. */
                disputeId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["DisputeDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    getDispute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DisputeDetailDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    listRefunds: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Only items of this time or later: by `receivedAt`, `openedAt` or `createdAt`, whichever an item has. ISO 8601 with its offset. */
                from?: string;
                /** @description Only items before this time, which is not included. ISO 8601 with its offset. Not before `from`. */
                to?: string;
                status?: "requested" | "processing" | "succeeded" | "failed";
                gateway?: string;
                paymentNumber?: string;
                /** @description The id of a transaction of any gateway. */
                transactionId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["RefundDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    getRefund: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                refundNumber: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefundDetailDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    auditMoney: {
        parameters: {
            query?: {
                /** @description Only money of this time or later. ISO 8601 with its offset. */
                from?: string;
                /** @description Only money before this time, which is not included. ISO 8601 with its offset. Not before `from`. */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    listWebhookEndpoints: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["EndpointDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    addWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EndpointBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointWithSecretDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["TooManyEndpointsOrKeyInFlight"];
            413: components["responses"]["TooLarge"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    getWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    removeWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["KeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    changeWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EndpointChangeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["KeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["DeliveryDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["NotFound"];
            414: components["responses"]["PathTooLong"];
            422: components["responses"]["InvalidOrBadCursor"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    resumeWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["KeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointWithSecretDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["KeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    testWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestAttemptDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["KeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    replayEvents: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayedEventsDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["EndpointDisabledOrKeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    redeliverEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
                eventId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryDocument"];
                };
            };
            400: components["responses"]["Malformed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["EndpointDisabledOrSendingOrKeyInFlight"];
            413: components["responses"]["TooLarge"];
            414: components["responses"]["PathTooLong"];
            415: components["responses"]["NotJson"];
            422: components["responses"]["InvalidOrKeyReused"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    listEventStreams: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["EventStreamDocument"][];
                        /** @description The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: at most 10000 rows are examined for it. */
                        nextCursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            422: components["responses"]["Invalid"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            503: components["responses"]["UnavailableOrBusy"];
            default: components["responses"]["OtherProblem"];
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok";
                        /**
                         * @description Absent on PORT if ADMIN_PORT is set.
                         * @example 0.10.0
                         */
                        version?: string;
                    };
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok";
                    };
                };
            };
            503: components["responses"]["Unavailable"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    onOrderPaid: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderPaidEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onOrderCancelled: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderCancelledEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onOrderShipped: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderShippedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onOrderCompleted: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderCompletedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onOrderRefundRequested: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderRefundRequestedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onOrderRefunded: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderRefundedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onOrderRefundRejected: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderRefundRejectedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onPaymentSucceeded: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PaymentSucceededEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onPaymentFailed: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PaymentFailedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onPaymentCancelled: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PaymentCancelledEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onPaymentExpired: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PaymentExpiredEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onDisputeOpened: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DisputeOpenedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onDisputeUpdated: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DisputeUpdatedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onDisputeClosed: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DisputeClosedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onPaymentRefunded: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PaymentRefundedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onRefundRequested: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefundRequestedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onRefundProcessing: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefundProcessingEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onRefundSucceeded: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefundSucceededEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onRefundFailed: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefundFailedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onDiscrepancyOpened: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DiscrepancyOpenedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onDiscrepancyResolved: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DiscrepancyResolvedEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onEndpointTest: {
        parameters: {
            query?: never;
            header: {
                "webhook-id": string;
                "webhook-timestamp": string;
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EndpointTestEvent"];
            };
        };
        responses: {
            /** @description The receiver wants no more events: the endpoint is paused at once. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description As 503. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. The event is never sent again earlier than without it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again: after 5 seconds first, then at growing intervals, for three days at most. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
