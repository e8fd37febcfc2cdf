import { createPublicKey } from 'node:crypto';
import { IsIn, IsOptional, Matches } from 'class-validator';
import type { GatewaySettings } from './adapters/gateways/gateways.module.js';
import { hasRepeats, list, Rule, type Environment, type ReadFile } from './environment.js';

export type GatewayName = keyof GatewaySettings;

interface KeyFile {
  readonly serial: string;
  /** Empty where the file cannot be read. */
  readonly pem: string;
}

const ID = /^[\w.-]{1,64}$/;
const ID_RULE = { message: '$property must be 1 to 64 letters, digits, dots, hyphens or underscores' };

/** A gateway is on where all of these are set, and off where none is. STRIPE_LIVEMODE only refines it. */
const REQUIRED: Readonly<Record<GatewayName, readonly (keyof GatewayVariables)[]>> = {
  stripe: ['STRIPE_WEBHOOK_SECRETS'],
  wechatPay: [
    'WECHAT_PAY_MERCHANT_ID',
    'WECHAT_PAY_APP_ID',
    'WECHAT_PAY_API_V3_KEY',
    'WECHAT_PAY_PLATFORM_KEYS',
  ],
  alipay: ['ALIPAY_APP_ID', 'ALIPAY_SELLER_ID', 'ALIPAY_PUBLIC_KEYS'],
  standardWebhooks: ['STANDARD_WEBHOOKS_SECRETS'],
};
export const GATEWAY_NAMES = Object.keys(REQUIRED) as GatewayName[];

/** The variables of all gateways, as far as each can be judged alone. Reads the key files that they name. */
export class GatewayVariables {
  constructor(
    private readonly env: Environment,
    private readonly readFile: ReadFile,
  ) {}

  @IsOptional()
  @Rule(stripeSecretsFault)
  readonly STRIPE_WEBHOOK_SECRETS: readonly string[] | undefined = list(this.env.STRIPE_WEBHOOK_SECRETS);

  @IsOptional()
  @IsIn(['true', 'false'], { message: '$property must be true or false' })
  readonly STRIPE_LIVEMODE: string | undefined = this.env.STRIPE_LIVEMODE;

  @IsOptional()
  @Matches(ID, ID_RULE)
  readonly WECHAT_PAY_MERCHANT_ID: string | undefined = this.env.WECHAT_PAY_MERCHANT_ID;

  @IsOptional()
  @Matches(ID, ID_RULE)
  readonly WECHAT_PAY_APP_ID: string | undefined = this.env.WECHAT_PAY_APP_ID;

  @IsOptional()
  @Rule(apiV3KeyFault)
  readonly WECHAT_PAY_API_V3_KEY: string | undefined = this.env.WECHAT_PAY_API_V3_KEY;

  @IsOptional()
  @Rule(platformKeysFault)
  readonly WECHAT_PAY_PLATFORM_KEYS: readonly KeyFile[] | undefined = this.platformKeys();

  @IsOptional()
  @Matches(ID, ID_RULE)
  readonly ALIPAY_APP_ID: string | undefined = this.env.ALIPAY_APP_ID;

  @IsOptional()
  @Matches(ID, ID_RULE)
  readonly ALIPAY_SELLER_ID: string | undefined = this.env.ALIPAY_SELLER_ID;

  @IsOptional()
  @Rule(publicKeysFault)
  readonly ALIPAY_PUBLIC_KEYS: readonly string[] | undefined = list(this.env.ALIPAY_PUBLIC_KEYS)?.map(
    (path) => this.pem(path),
  );

  @IsOptional()
  @Rule(standardWebhooksSecretsFault)
  readonly STANDARD_WEBHOOKS_SECRETS: readonly string[] | undefined = list(
    this.env.STANDARD_WEBHOOKS_SECRETS,
  );

  /** The gateways that have none of their variables set. */
  unset(): GatewayName[] {
    return GATEWAY_NAMES.filter((gateway) => this.namesOf(gateway).every((name) => this[name] === undefined));
  }

  /** Half a gateway is a mistake, and one that nobody would see if it were just left off. */
  halfSetFaults(): string[] {
    const unset = this.unset();
    return Object.entries(REQUIRED)
      .filter(([gateway]) => !unset.includes(gateway as GatewayName))
      .flatMap(([, names]) => names.filter((name) => this[name] === undefined))
      .map((name) => `${name} is missing, while other variables of its gateway are set`);
  }

  /** For variables without faults. `liveByDefault` is Stripe's livemode where nothing says it. */
  settings(liveByDefault: boolean): GatewaySettings {
    const { STRIPE_WEBHOOK_SECRETS, STRIPE_LIVEMODE, STANDARD_WEBHOOKS_SECRETS } = this;
    const { WECHAT_PAY_MERCHANT_ID: merchantId, WECHAT_PAY_APP_ID, WECHAT_PAY_API_V3_KEY: apiV3Key } = this;
    const { WECHAT_PAY_PLATFORM_KEYS: platformKeys, ALIPAY_PUBLIC_KEYS: publicKeys } = this;
    const { ALIPAY_APP_ID, ALIPAY_SELLER_ID: sellerId } = this;
    const livemode = STRIPE_LIVEMODE === undefined ? liveByDefault : STRIPE_LIVEMODE === 'true';
    return {
      ...(STRIPE_WEBHOOK_SECRETS && { stripe: { secrets: STRIPE_WEBHOOK_SECRETS, livemode } }),
      ...(merchantId &&
        WECHAT_PAY_APP_ID &&
        apiV3Key &&
        platformKeys && { wechatPay: { merchantId, appId: WECHAT_PAY_APP_ID, apiV3Key, platformKeys } }),
      ...(ALIPAY_APP_ID &&
        sellerId &&
        publicKeys && { alipay: { appId: ALIPAY_APP_ID, sellerId, publicKeys } }),
      ...(STANDARD_WEBHOOKS_SECRETS && { standardWebhooks: { secrets: STANDARD_WEBHOOKS_SECRETS } }),
    };
  }

  private namesOf(gateway: GatewayName): readonly (keyof GatewayVariables)[] {
    return gateway === 'stripe' ? [...REQUIRED.stripe, 'STRIPE_LIVEMODE'] : REQUIRED[gateway];
  }

  private platformKeys(): readonly KeyFile[] | undefined {
    return list(this.env.WECHAT_PAY_PLATFORM_KEYS)?.map((entry) => {
      const [serial = '', path] = entry.split(/=(.*)/s);
      return { serial, pem: path ? this.pem(path) : '' };
    });
  }

  private pem(path: string): string {
    try {
      return this.readFile(path);
    } catch {
      return '';
    }
  }
}

function stripeSecretsFault(secrets: readonly string[]): string | null {
  // Sixteen characters are far below what Stripe gives out, and too many to be a placeholder.
  return secretsFault(secrets, (secret) => /^whsec_[\x21-\x7e]{16,}$/.test(secret), 'whsec_…');
}

/** Standard Webhooks asks for 24 to 64 bytes. */
function standardWebhooksSecretsFault(secrets: readonly string[]): string | null {
  const isSecret = (secret: string) => {
    const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] ?? '';
    const bytes = Buffer.from(base64, 'base64');
    return bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === base64;
  };
  return secretsFault(secrets, isSecret, 'whsec_<base64 of 24 to 64 bytes>');
}

function secretsFault(
  secrets: readonly string[],
  isSecret: (secret: string) => boolean,
  form: string,
): string | null {
  if (secrets.length === 0 || !secrets.every(isSecret)) return `must be a comma list of ${form}`;
  return hasRepeats(secrets) ? 'names a secret twice' : null;
}

function apiV3KeyFault(key: string): string | null {
  return Buffer.byteLength(key) === 32 ? null : 'must be 32 bytes long';
}

function platformKeysFault(keys: readonly KeyFile[]): string | null {
  if (!keys.every(({ serial }) => /^\w{1,80}$/.test(serial)))
    return 'must be a comma list of serial=path.pem';
  if (hasRepeats(keys.map(({ serial }) => serial))) return 'names a serial twice';
  return publicKeysFault(keys.map(({ pem }) => pem));
}

function publicKeysFault(pems: readonly string[]): string | null {
  if (pems.length === 0) return 'names no key';
  const faults = pems.map(publicKeyFault);
  const first = faults.findIndex((fault) => fault !== null);
  if (first >= 0) return `names as number ${first + 1} a file that ${faults[first]}`;
  return hasRepeats(pems.map((pem) => pem.trim())) ? 'names a key twice' : null;
}

/** Node would take a private key for a public one; a gateway's private key is nothing that we should have. */
function publicKeyFault(pem: string): string | null {
  if (pem === '') return 'cannot be read, or is empty';
  if (!/-----BEGIN (RSA PUBLIC KEY|PUBLIC KEY|CERTIFICATE)-----/.test(pem))
    return 'is no PEM public key or certificate';
  if (pem.includes('PRIVATE KEY')) return 'holds a private key';
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem);
    if (asymmetricKeyType !== 'rsa') return 'holds no RSA key';
    return (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048
      ? null
      : 'holds an RSA key of fewer than 2048 bits';
  } catch {
    return 'is no PEM public key or certificate';
  }
}
