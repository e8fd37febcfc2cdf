import { type AlipaySettings, AlipayGateway } from './callback.js';
import type { GatewayDefinition } from '../gateway.js';
import { commaList, rsaPublicKeyFile, text } from '../../../config/variable.js';

const id = text('1 to 64 letters, digits, dots, hyphens or underscores', /^[\w.-]{1,64}$/);

export const alipay: GatewayDefinition<AlipaySettings> = {
  name: 'alipay',
  variables: {
    appIds: {
      name: 'ALIPAY_APP_ID',
      type: commaList({ of: 'app ids (app_id)', entry: id, distinct: { 'app id': (entry) => entry } }),
      help: 'The apps (app_id) of the seller that callbacks may be for.',
    },
    sellerId: {
      name: 'ALIPAY_SELLER_ID',
      type: id,
      help: 'The seller (seller_id, 2088…) that callbacks must be for.',
    },
    publicKeys: {
      name: 'ALIPAY_PUBLIC_KEYS',
      type: commaList({
        of: 'paths of PEM files',
        entry: rsaPublicKeyFile,
        distinct: { key: (pem) => pem.trim() },
      }),
      help: "Alipay's own public keys or certificates, not the app's. All of them are live, for rotation.",
    },
  },
  create: (settings) => new AlipayGateway(settings),
};
