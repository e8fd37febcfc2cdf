import { X509Certificate } from 'node:crypto';
import { type WechatPaySettings, WechatPayGateway } from './callback.js';
import type { GatewayDefinition } from '../gateway.js';
import {
  type Parsed,
  type VariableType,
  commaList,
  rsaPublicKeyFile,
  text,
} from '../../../config/variable.js';

type PlatformKey = WechatPaySettings['platformKeys'][number];

const id = text('1 to 64 letters, digits, dots, hyphens or underscores', /^[\w.-]{1,64}$/);

const platformKey: VariableType<PlatformKey> = {
  expects: 'serial=path.pem',
  parse(entry, readFile) {
    const [, serial, path] = /^(\w{1,80})=(.+)$/s.exec(entry) ?? [];
    if (!serial || !path) return { fault: 'must be serial=path.pem' };
    const pem = rsaPublicKeyFile.parse(path, readFile);
    if ('fault' in pem) return pem;
    const sent = serialAsSent(serial, pem.value);
    return 'fault' in sent ? sent : { value: { serial: sent.value, pem: pem.value } };
  },
};

/** No serial number in hexadecimal form is longer, and every decimal form of such a number is. */
const LONGEST_HEXADECIMAL = 40;

/**
 * WeChat Pay names a key in capitals: PUB_KEY_ID_…, or the serial number of a certificate as hexadecimal digits. Consoles and tools show
 * serial numbers in small letters or as decimals as well. A key under such a name would never be found.
 */
function serialAsSent(given: string, pem: string): Parsed<string> {
  const serial = given.toUpperCase();
  const own = pem.includes('BEGIN CERTIFICATE') ? new X509Certificate(pem).serialNumber : null;
  if (own === null) {
    const isDecimal = /^\d+$/.test(given) && given.length > LONGEST_HEXADECIMAL;
    return isDecimal ? { fault: HEXADECIMAL_EXPECTED } : { value: serial };
  }
  const number = BigInt(`0x${own}`);
  if (numberOf(`0x${serial}`) === number) return { value: serial };
  if (numberOf(given) === number) return { value: own };
  return { fault: `has a serial that is not its certificate's: ${own} is expected` };
}

const HEXADECIMAL_EXPECTED =
  'has a serial in decimal form; the hexadecimal form is expected, as in the header Wechatpay-Serial';

function numberOf(text: string): bigint | null {
  return /^(?:0x[\dA-F]+|\d+)$/.test(text) ? BigInt(text) : null;
}

export const wechatPay: GatewayDefinition<WechatPaySettings> = {
  name: 'wechat-pay',
  variables: {
    merchantId: {
      name: 'WECHAT_PAY_MERCHANT_ID',
      type: id,
      help: 'The merchant (mchid) that callbacks must be for.',
    },
    appIds: {
      name: 'WECHAT_PAY_APP_ID',
      type: commaList({ of: 'app ids (appid)', entry: id, distinct: { 'app id': (entry) => entry } }),
      help: 'The apps (appid) of the merchant that callbacks may be for.',
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
