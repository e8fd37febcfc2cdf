/** Which addresses a webhook endpoint may have. */
export abstract class WebhookTargets {
  /** What is wrong with the URL, in words; null if it may be used. */
  abstract fault(url: string): string | null;
}
