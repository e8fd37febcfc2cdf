import { alipay } from './alipay/settings.js';
import type { Gateway, GatewayDefinition } from './gateway.js';
import { standardWebhooks } from './standard-webhooks/settings.js';
import { stripe } from './stripe/settings.js';
import { wechatPay } from './wechat-pay/settings.js';
import type { PaymentNumberRules } from '../../application/orders/payment-number-rules.js';

/** Every gateway of this service. A new gateway is its folder and its entry here: docs/development/adding-a-gateway.md. */
export const GATEWAYS: readonly GatewayDefinition[] = [stripe, wechatPay, alipay, standardWebhooks];

/** The settings of the gateways that are on, by the gateways' public names. */
export type GatewaySettings = Readonly<Record<string, object>>;

/** The gateways that are on, by the name in their callbacks' path. */
export class Gateways implements PaymentNumberRules {
  private readonly byName: ReadonlyMap<string, Gateway>;

  /** @throws Error that names the variable, never its value, where a setting cannot be used. */
  constructor(settings: GatewaySettings, definitions: readonly GatewayDefinition[] = GATEWAYS) {
    const on = definitions.filter(({ name }) => settings[name] !== undefined);
    this.byName = new Map(on.map((definition) => [definition.name, create(definition, settings)]));
    const unknown = Object.keys(settings).find((name) => !this.byName.has(name));
    if (unknown)
      throw new Error(`There are settings for "${unknown}", which is not a gateway of this process`);
  }

  get names(): readonly string[] {
    return [...this.byName.keys()];
  }

  get(name: string): Gateway | undefined {
    return this.byName.get(name);
  }

  carries(name: string, paymentNumber: string): boolean {
    return this.byName.get(name)?.paymentNumberRule?.pattern.test(paymentNumber) ?? true;
  }
}

/** Settling, storing the receipt and the way of the answer need this much time; with less, nothing could be settled at once. */
const MIN_ANSWER_MS = 3_000;

function create(definition: GatewayDefinition, settings: GatewaySettings): Gateway {
  const { name } = definition;
  const gateway = definition.create(settings[name]!);
  if (gateway.name !== name) throw new Error(`The gateway "${name}" calls itself "${gateway.name}"`);
  if (gateway.answerWithinMs >= MIN_ANSWER_MS) return gateway;
  throw new Error(
    `The gateway "${name}" declares an answerWithinMs of ${gateway.answerWithinMs}; it must be at least ${MIN_ANSWER_MS}`,
  );
}
