/** A URL in its normal form, in which it is stored and sent to; or what is wrong with it, in words. */
export type CheckedUrl = { readonly url: string } | { readonly fault: string };

/** Which addresses a webhook endpoint may have. */
export abstract class WebhookTargets {
  /** Whether the text that an operator has sent may be the URL of an endpoint. */
  abstract check(text: string): CheckedUrl;
}
