import { Module, type DynamicModule } from '@nestjs/common';
import { NoticeReader } from '../../application/stored-callbacks.js';
import { AlipayGateway } from './alipay.gateway.js';
import type { Gateway } from './gateway.js';
import { GatewayNoticeReader } from './notice-reader.js';
import { StandardWebhooksGateway } from './standard-webhooks.gateway.js';
import { StripeGateway } from './stripe.gateway.js';
import { WechatPayGateway } from './wechat-pay.gateway.js';

/** Every gateway by the name of its settings; a new one is its file and a line here. */
const GATEWAYS = {
  stripe: StripeGateway,
  wechatPay: WechatPayGateway,
  alipay: AlipayGateway,
  standardWebhooks: StandardWebhooksGateway,
};
type Key = keyof typeof GATEWAYS;

/** A gateway without settings is off. */
export type GatewaySettings = { readonly [Name in Key]?: ConstructorParameters<(typeof GATEWAYS)[Name]>[0] };

/** The gateways that are on, by the name in their callback's path. */
export class Gateways {
  private readonly byName: ReadonlyMap<string, Gateway>;

  /** @throws Error that names the setting, never its value, where a key cannot be used. */
  constructor(settings: GatewaySettings) {
    const on = (Object.keys(GATEWAYS) as Key[]).filter((key) => settings[key] !== undefined);
    const gateways = on.map((key) => {
      // Each class meets its own settings, as the type above says; a union of constructors cannot.
      const GatewayOf = GATEWAYS[key] as new (own: GatewaySettings[Key]) => Gateway;
      return new GatewayOf(settings[key]);
    });
    this.byName = new Map(gateways.map((gateway) => [gateway.name, gateway]));
  }

  get names(): readonly string[] {
    return [...this.byName.keys()];
  }

  get(name: string): Gateway | undefined {
    return this.byName.get(name);
  }
}

@Module({})
export class GatewaysModule {
  static with(settings: GatewaySettings): DynamicModule {
    const gateways = { provide: Gateways, useFactory: () => new Gateways(settings) };
    const reader = {
      provide: NoticeReader,
      useFactory: (all: Gateways) => new GatewayNoticeReader(all),
      inject: [Gateways],
    };
    return { module: GatewaysModule, providers: [gateways, reader], exports: [Gateways, NoticeReader] };
  }
}
