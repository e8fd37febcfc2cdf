import { type StandardWebhooksSettings, StandardWebhooksGateway } from './callback.js';
import type { GatewayDefinition } from '../gateway.js';
import { commaList, text } from '../../../config/variable.js';

/** The Standard Webhooks specification asks for secrets of 24 to 64 bytes. */
const secret = text('whsec_<base64 of 24 to 64 bytes>', (given) => {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(given)?.[1] ?? '';
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === base64;
});

export const standardWebhooks: GatewayDefinition<StandardWebhooksSettings> = {
  name: 'standard-webhooks',
  variables: {
    secrets: {
      name: 'STANDARD_WEBHOOKS_SECRETS',
      type: commaList({
        of: 'whsec_<base64 of 24 to 64 bytes>',
        entry: secret,
        distinct: { secret: (entry) => entry },
      }),
      secret: true,
      help: 'The secrets that callbacks are signed with. All of them are live, for rotation.',
    },
  },
  create: (settings) => new StandardWebhooksGateway(settings),
};
