import type { CallbackContent, SignedCallback, Signer } from '../callback.js';
import { alipaySigner } from './alipay/signer.js';
import { standardWebhooksSigner } from './standard-webhooks/signer.js';
import { stripeSigner } from './stripe/signer.js';
import { wechatPaySigner } from './wechat-pay/signer.js';

/** The gateways that the sandbox plays, by their public names. A gateway of the service need not be here. */
export const SIGNERS = {
  stripe: stripeSigner,
  'wechat-pay': wechatPaySigner,
  alipay: alipaySigner,
  'standard-webhooks': standardWebhooksSigner,
} as const;

export type PlayedGateway = keyof typeof SIGNERS;

/** The development keys of each gateway that the sandbox plays. */
export type SandboxKeys = {
  readonly [Gateway in PlayedGateway]: (typeof SIGNERS)[Gateway] extends Signer<infer Keys> ? Keys : never;
};

export function isPlayed(gateway: string): gateway is PlayedGateway {
  return Object.hasOwn(SIGNERS, gateway);
}

/**
 * A callback exactly as the gateway sends it.
 *
 * @throws Error where the gateway cannot report this: a status or a currency that it does not have.
 */
export function signCallback(
  gateway: PlayedGateway,
  keys: SandboxKeys,
  content: CallbackContent,
): SignedCallback {
  const signer: Signer = SIGNERS[gateway];
  if (!signer.statuses.includes(content.status)) {
    throw new Error(
      `${gateway} has no callback for ${content.status}; it has callbacks for ${signer.statuses.join(', ')}`,
    );
  }
  const payload = signer.payload(keys[gateway], content);
  const altered = content.alter?.(payload) ?? payload;
  const { headers, body } = signer.sign(keys[gateway], altered, content);
  return { path: `/callbacks/${gateway}`, headers, body: content.tamper ? tampered(body) : body };
}

/** Changes one digit: the body is still well formed, and no longer what was signed. */
function tampered(body: Buffer): Buffer {
  const forged = Buffer.from(body);
  const index = forged.findLastIndex((byte) => byte >= 0x30 && byte <= 0x39);
  forged[index]! ^= 1;
  return forged;
}
