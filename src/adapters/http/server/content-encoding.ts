/** Whether a body is encoded, so that its bytes are not what was signed or written. Some proxies send `identity`, which means that it is not. */
export function isEncoded(contentEncoding = ''): boolean {
  return !['', 'identity'].includes(contentEncoding.trim().toLowerCase());
}
