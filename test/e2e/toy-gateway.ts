import {
  Gateway,
  type GatewayDefinition,
  type ParsedCallback,
  type RawCallback,
  type Rejected,
  type VerifiedCallback,
} from '../../src/adapters/gateways/gateway.js';
import { notificationFrom } from '../../src/adapters/gateways/notification-fields.js';
import { field, parseJson } from '../../src/adapters/gateways/parsing.js';
import { JSON_REPLIES } from '../../src/adapters/gateways/replies.js';
import { text } from '../../src/config/variable.js';
import type { SignedCallback } from '../../src/sandbox/callback.js';
import { unique } from './service.js';

interface ToySettings {
  readonly secret: string;
}

const SECRET = 'secret-of-the-toy-gateway';

/** A gateway that exists only in tests. Its callbacks are successes in JSON, with the secret in a header. */
class ToyGateway extends Gateway {
  readonly replies = JSON_REPLIES;
  readonly signatureHeaders: readonly string[] = [];

  constructor(
    readonly name: string,
    readonly answerWithinMs: number,
    private readonly settings: ToySettings,
  ) {
    super();
  }

  verify({ headers, body }: RawCallback): VerifiedCallback | Rejected {
    if (headers['toy-secret'] !== this.settings.secret) return { rejected: 'signature_mismatch' };
    return { ...this.parse(body), keyId: 'toy', signedBytes: body };
  }

  parse(body: Buffer): ParsedCallback {
    const payload = parseJson(body);
    const [eventId, paymentNumber] = [field(payload, 'eventId'), field(payload, 'paymentNumber')];
    const money = { transactionId: `T-${String(eventId)}`, amount: '100.00', currency: 'CNY' };
    return {
      eventId: String(eventId),
      notification: notificationFrom(this.name, { kind: 'succeeded', paymentNumber, ...money }),
    };
  }
}

export function toyGateway(name: string, answerWithinMs: number): GatewayDefinition<ToySettings> {
  return {
    name,
    variables: {
      secret: { name: 'TOY_SECRET', type: text('any text', () => true), help: 'Only for tests.' },
    },
    create: (settings) => new ToyGateway(name, answerWithinMs, settings),
  };
}

/** The settings that turn these toy gateways on. */
export function toySettings(names: readonly string[]): Record<string, ToySettings> {
  return Object.fromEntries(names.map((name) => [name, { secret: SECRET }]));
}

export function toyCallback(gateway: string, paymentNumber: string): SignedCallback {
  const body = Buffer.from(JSON.stringify({ eventId: unique('E'), paymentNumber }));
  return { path: `/callbacks/${gateway}`, headers: { 'toy-secret': SECRET }, body };
}
