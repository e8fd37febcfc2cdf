/**
 * The seconds that the header Retry-After asks to wait: a number of seconds, or an HTTP date (RFC 9110, 10.2.3). A date is compared with
 * the date of the answer, if it has one, because the receiver's clock may differ from ours. Undefined if the header is absent or invalid.
 */
export function retryAfterSeconds(
  { 'retry-after': retryAfter, date }: { readonly 'retry-after'?: string; readonly date?: string },
  now: number,
): number | undefined {
  const text = retryAfter?.trim() ?? '';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const until = timeOf(text);
  if (until === undefined) return undefined;
  return Math.max(0, Math.ceil((until - (timeOf(date ?? '') ?? now)) / 1_000));
}

function timeOf(text: string): number | undefined {
  const time = text.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
