import { alipaySigner } from './alipay-signer.js';
import type { CallbackContent, SignedCallback, Signer } from './callback.js';
import type { DevelopmentKeys } from './development-keys.js';
import { standardWebhooksSigner } from './standard-webhooks-signer.js';
import { stripeSigner } from './stripe-signer.js';
import { wechatPaySigner } from './wechat-pay-signer.js';

export const SIGNERS = {
  stripe: stripeSigner,
  'wechat-pay': wechatPaySigner,
  alipay: alipaySigner,
  'standard-webhooks': standardWebhooksSigner,
} as const satisfies Record<string, Signer>;

export type PlayedGateway = keyof typeof SIGNERS;

export function isPlayed(gateway: string): gateway is PlayedGateway {
  return Object.hasOwn(SIGNERS, gateway);
}

/**
 * A callback exactly as the gateway sends it, signed with every key that the settings hold for it.
 *
 * @throws Error where the gateway has no way to say it: a status or a currency that it does not know.
 */
export function signCallback(
  gateway: PlayedGateway,
  keys: DevelopmentKeys,
  content: CallbackContent,
): SignedCallback {
  const signer: Signer = SIGNERS[gateway];
  if (!signer.statuses.includes(content.status)) {
    throw new Error(`${gateway} never reports ${content.status}; it reports ${signer.statuses.join(', ')}`);
  }
  const payload = signer.payload(keys, content);
  const { headers, body } = signer.sign(keys, content.alter?.(payload) ?? payload, content);
  return { path: `/callbacks/${gateway}`, headers, body: content.tamper ? tampered(body) : body };
}

/** One digit is another: still well-formed, and no longer what was signed. */
function tampered(body: Buffer): Buffer {
  const forged = Buffer.from(body);
  const index = forged.findLastIndex((byte) => byte >= 0x30 && byte <= 0x39);
  forged[index]! ^= 1;
  return forged;
}
