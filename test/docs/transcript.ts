const ANYTHING = '…';

/**
 * Compares what a document says that a command prints with what it has printed. `…` stands for any text within its line, and for any
 * number of lines if it is alone on its line. Spaces at the ends of lines, and empty lines at both ends, do not count.
 */
export function matches(expected: readonly string[], actual: readonly string[]): boolean {
  return linesMatch(trimmed(expected), trimmed(actual));
}

function linesMatch(expected: readonly string[], actual: readonly string[]): boolean {
  const gap = expected.findIndex((line) => line.trim() === ANYTHING);
  if (gap === -1) return expected.length === actual.length && beginsWith(actual, expected);
  if (!beginsWith(actual, expected.slice(0, gap))) return false;
  const rest = expected.slice(gap + 1);
  for (let skipped = gap; skipped <= actual.length; skipped += 1) {
    if (linesMatch(rest, actual.slice(skipped))) return true;
  }
  return false;
}

function beginsWith(actual: readonly string[], expected: readonly string[]): boolean {
  return expected.every((line, index) => index < actual.length && lineMatches(line, actual[index]!));
}

/** No regular expression, which may take for ever where a long line has many gaps and does not match. */
function lineMatches(expected: string, actual: string): boolean {
  const [first = '', ...others] = expected.split(ANYTHING);
  const last = others.pop();
  if (last === undefined) return first === actual;
  if (!actual.startsWith(first) || !actual.endsWith(last)) return false;
  let from = first.length;
  for (const part of others) {
    const found = actual.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return from <= actual.length - last.length;
}

function trimmed(lines: readonly string[]): string[] {
  const ends = lines.map((line) => line.trimEnd());
  const isText = (line: string): boolean => line !== '';
  return ends.slice(Math.max(0, ends.findIndex(isText)), ends.findLastIndex(isText) + 1);
}
