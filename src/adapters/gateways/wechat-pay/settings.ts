import { type WechatPaySettings, WechatPayGateway } from './callback.js';
import type { GatewayDefinition } from '../gateway.js';
import { type VariableType, commaList, rsaPublicKeyFile, text } from '../../../config/variable.js';

type PlatformKey = WechatPaySettings['platformKeys'][number];

const id = text('1 to 64 letters, digits, dots, hyphens or underscores', /^[\w.-]{1,64}$/);

const platformKey: VariableType<PlatformKey> = {
  expects: 'serial=path.pem',
  parse(entry, readFile) {
    const [, serial, path] = /^(\w{1,80})=(.+)$/s.exec(entry) ?? [];
    if (!serial || !path) return { fault: 'must be serial=path.pem' };
    const pem = rsaPublicKeyFile.parse(path, readFile);
    return 'fault' in pem ? pem : { value: { serial, pem: pem.value } };
  },
};

export const wechatPay: GatewayDefinition<WechatPaySettings> = {
  name: 'wechat-pay',
  variables: {
    merchantId: {
      name: 'WECHAT_PAY_MERCHANT_ID',
      type: id,
      help: 'The merchant (mchid) that callbacks must be for.',
    },
    appId: {
      name: 'WECHAT_PAY_APP_ID',
      type: id,
      help: 'The app (appid) that callbacks must be for.',
    },
    apiV3Key: {
      name: 'WECHAT_PAY_API_V3_KEY',
      type: text('32 bytes long', (key) => Buffer.byteLength(key) === 32),
      secret: true,
      help: 'The APIv3 key, which decrypts callbacks.',
    },
    platformKeys: {
      name: 'WECHAT_PAY_PLATFORM_KEYS',
      type: commaList({
        of: 'serial=path.pem',
        entry: platformKey,
        distinct: { serial: ({ serial }) => serial, key: ({ pem }) => pem.trim() },
      }),
      help:
        'The keys that verify callbacks: platform certificates by their serial numbers, and public keys by their ' +
        'PUB_KEY_ID_…. Each file is a PEM certificate or public key. All of them are live, for rotation.',
    },
  },
  create: (settings) => new WechatPayGateway(settings),
};
