import { type ToySettings, ToyGateway } from './callback.js';
import type { GatewayDefinition } from '../../../src/adapters/gateways/gateway.js';
import { commaList, text } from '../../../src/config/variable.js';

export const toy: GatewayDefinition<ToySettings> = {
  name: 'toy',
  variables: {
    secrets: {
      name: 'TOY_SECRETS',
      type: commaList({
        of: 'secrets of at least 16 letters and digits',
        entry: text('at least 16 letters and digits', /^[A-Za-z0-9]{16,}$/),
        distinct: { secret: (entry) => entry },
      }),
      secret: true,
      help: 'The secrets that callbacks are signed with. All of them are live, for rotation.',
    },
    shop: {
      name: 'TOY_SHOP',
      type: text('1 to 64 letters, digits or hyphens', /^[A-Za-z0-9-]{1,64}$/),
      help: 'The shop that callbacks must be for.',
    },
  },
  create: (settings) => new ToyGateway(settings),
};
