import { type StripeSettings, StripeGateway } from './callback.js';
import type { GatewayDefinition } from '../gateway.js';
import { commaList, flag, text } from '../../../config/variable.js';

/** Stripe does not document a length. Its secrets are far longer than 16 characters, and placeholders are shorter. */
const secret = text('whsec_ and at least 16 visible characters', /^whsec_[\x21-\x7e]{16,}$/);

export const stripe: GatewayDefinition<StripeSettings> = {
  name: 'stripe',
  variables: {
    secrets: {
      name: 'STRIPE_WEBHOOK_SECRETS',
      type: commaList({ of: 'whsec_…', entry: secret, distinct: { secret: (entry) => entry } }),
      secret: true,
      help: "The webhook endpoint's signing secrets, as the dashboard shows them. All of them are live, for rotation.",
    },
    livemode: {
      name: 'STRIPE_LIVEMODE',
      type: flag,
      default: { strict: 'true', development: 'false' },
      help: "What livemode must be in an event. The money of any other event is not the shop's, and its outcome is foreign.",
    },
  },
  create: (settings) => new StripeGateway(settings),
};
