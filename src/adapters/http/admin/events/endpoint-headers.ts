import { ValidateBy } from 'class-validator';

const MAX_HEADERS = 10;
const MAX_NAME_LENGTH = 64;
const MAX_VALUE_LENGTH = 2_048;
/** Of all names and values. Many servers refuse requests whose headers are larger than 8 KiB. */
const MAX_TOTAL_LENGTH = 6_144;

/** A token of RFC 9110. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible ASCII characters, with spaces and tabs between them only. So it contains no line break, which would begin another header. */
const VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/** Headers that belong to the connection, or that say how the body is read (RFC 9110, 7.6.1). */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const RESERVED_PREFIX = /^(content|proxy|webhook)-/;

/** Headers that an operator adds to the requests of an endpoint, by name. */
export const IsEndpointHeaders = () =>
  ValidateBy({
    name: 'isEndpointHeaders',
    validator: {
      validate: (value: unknown) => headersFault(value) === null,
      defaultMessage: (validation) => headersFault(validation?.value) ?? '',
    },
  });

/** What is wrong with the headers; null if they can be sent. No message contains a value, because values may be secrets. */
export function headersFault(headers: unknown): string | null {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    return 'must be an object such as {"X-Api-Key":"…"}';
  const entries = Object.entries(headers as Readonly<Record<string, unknown>>);
  if (entries.length > MAX_HEADERS) return `must be at most ${MAX_HEADERS} headers`;
  const names = new Set(entries.map(([name]) => name.toLowerCase()));
  if (names.size < entries.length) return 'must contain each name once, in upper or lower case';
  for (const [name, value] of entries) {
    const fault = headerFault(name, value);
    if (fault) return fault;
  }
  const total = entries.reduce((sum, [name, value]) => sum + name.length + String(value).length, 0);
  return total > MAX_TOTAL_LENGTH
    ? `must have at most ${MAX_TOTAL_LENGTH} characters in all names and values`
    : null;
}

function headerFault(name: string, value: unknown): string | null {
  if (name.length > MAX_NAME_LENGTH || !NAME.test(name))
    return `each name must be 1 to ${MAX_NAME_LENGTH} characters that HTTP allows in the name of a header`;
  const lower = name.toLowerCase();
  if (RESERVED.has(lower) || RESERVED_PREFIX.test(lower))
    return `${lower} cannot be set: the service sets it`;
  if (typeof value !== 'string' || value.length > MAX_VALUE_LENGTH || !VALUE.test(value))
    return (
      `the value of ${lower} must be text of 1 to ${MAX_VALUE_LENGTH} visible ASCII characters, with spaces only ` +
      'between them'
    );
  return null;
}
