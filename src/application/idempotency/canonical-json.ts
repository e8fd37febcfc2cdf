/**
 * One text for all JSON texts with the same content. The order of fields, white space, escapes and the notation of a number (1, 1.0, 1e0)
 * do not matter. The order of lists and every element of them does. A field that is absent is not a field that is null.
 *
 * The value comes from `JSON.parse` and does not nest deeply.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = value as Readonly<Record<string, unknown>>;
  const texts = Object.keys(fields)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(fields[name])}`);
  return `{${texts.join(',')}}`;
}
