import { type DynamicModule, Module } from '@nestjs/common';
import type { GatewayDefinition } from '../adapters/gateways/gateway.js';
import { GatewayNotificationReader } from '../adapters/gateways/notification-reader.js';
import { type GatewaySettings, Gateways } from '../adapters/gateways/registry.js';
import { NotificationReader } from '../application/gateways/notification-reader.js';

/** The gateways that are on. */
@Module({})
export class GatewaysModule {
  static with(settings: GatewaySettings, definitions: readonly GatewayDefinition[]): DynamicModule {
    const gateways = { provide: Gateways, useFactory: () => new Gateways(settings, definitions) };
    const reader = {
      provide: NotificationReader,
      useFactory: (all: Gateways) => new GatewayNotificationReader(all),
      inject: [Gateways],
    };
    return {
      module: GatewaysModule,
      global: true,
      providers: [gateways, reader],
      exports: [Gateways, NotificationReader],
    };
  }
}
