import { SHORTEST_RSA_BITS, isKeyItself, publicKeyIn } from './public-key.js';

export { SHORTEST_RSA_BITS };

/** Environment variables by name. A variable that is set to the empty text counts as unset. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a file as UTF-8 text. Throws where the file cannot be read. */
export type ReadFile = (path: string) => string;

/** A fault says what is wrong and never contains the value, because values may be secrets and faults are printed. */
export type Parsed<Value> = { readonly value: Value } | { readonly fault: string };

/** How the text of a variable becomes a value. */
export interface VariableType<Value> {
  /** What the text must be, as in "must be …". Faults and documents say it. */
  readonly expects: string;
  /** The fault is a predicate such as "must be true or false"; the name of the variable goes before it. */
  parse(text: string, readFile: ReadFile): Parsed<Value>;
}

/** A row of the table of variables: all that the service and its documents know about one environment variable. */
export interface Variable<Value> {
  readonly name: string;
  readonly type: VariableType<Value>;
  /**
   * The text that counts where the variable is unset: one for all modes, or one for where the rules of production apply (`strict`)
   * and one for elsewhere.
   */
  readonly default?: string | { readonly strict: string; readonly development: string };
  /** For a variable that has no default and may be left out: what happens then, in words for the documents. */
  readonly whenUnset?: string;
  /** A secret may also be given as `NAME_FILE`, the path of a file whose content is the value. */
  readonly secret?: boolean;
  /** What the variable decides: whole sentences for the documents. */
  readonly help: string;
}

/** A table of variables: a row for each field of `Values`. */
export type Variables<Values> = {
  readonly [Field in keyof Values]-?: Variable<Exclude<Values[Field], undefined>>;
};

/** The values of a table. A row without a default may be undefined. */
export type ValuesOf<Table> = {
  readonly [Field in keyof Table]: Table[Field] extends Variable<infer Value>
    ? Table[Field] extends { readonly default: unknown }
      ? Value
      : Value | undefined
    : never;
};

/** Where variables are read from. `strict` says which of two defaults applies. */
export interface Source {
  readonly env: Environment;
  readonly readFile: ReadFile;
  readonly strict: boolean;
}

export interface TableReading {
  /** By field. A field is absent where its variable has a fault, or is unset and has no default. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The names of the variables that are not set. */
  readonly unsetNames: readonly string[];
  /** Every fault, as a sentence that begins with the name of its variable. */
  readonly faults: readonly string[];
}

/** Reads all variables of a table. Never throws. */
export function readTable(table: Readonly<Record<string, Variable<unknown>>>, source: Source): TableReading {
  const values: Record<string, unknown> = {};
  const unset: string[] = [];
  const faults: string[] = [];
  for (const [field, variable] of Object.entries(table)) {
    const given = readVariable(variable, source.env, source.readFile);
    if (given === null) unset.push(variable.name);
    const parsed = given ?? parsedDefault(variable, source);
    if (parsed === null) continue;
    if ('fault' in parsed) faults.push(parsed.fault);
    else values[field] = parsed.value;
  }
  return { values, unsetNames: unset, faults };
}

/** The value that is set for one variable, or a fault as a sentence; null where the variable is unset. */
export function readVariable<Value>(
  variable: Variable<Value>,
  env: Environment,
  readFile: ReadFile,
): Parsed<Value> | null {
  const { name, secret } = variable;
  const text = env[name];
  const path = secret ? env[`${name}_FILE`] : undefined;
  if (path && text) return { fault: `${name} and ${name}_FILE are both set` };
  if (path) {
    const file = contentOf(path, readFile);
    if ('fault' in file) return { fault: `${name}_FILE ${file.fault}` };
    // Editors end a file with a line break, which is not part of the secret.
    return parse(variable, file.content.replace(/\r?\n$/, ''), readFile);
  }
  return text ? parse(variable, text, readFile) : null;
}

/** The fault is a predicate. It does not say the path, because a secret may have been written in its place. */
export function contentOf(
  path: string,
  readFile: ReadFile,
): { readonly content: string } | { readonly fault: string } {
  try {
    const content = readFile(path);
    return content.trim() === '' ? { fault: 'names a file that is empty' } : { content };
  } catch (error) {
    const why = UNREADABLE[(error as NodeJS.ErrnoException).code ?? ''] ?? 'file that cannot be read';
    return { fault: `names a ${why}` };
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'file that does not exist',
  EACCES: 'file that the user of this process may not read',
  EISDIR: 'folder, not a file',
};

function parsedDefault<Value>(variable: Variable<Value>, source: Source): Parsed<Value> | null {
  const { default: text } = variable;
  if (text === undefined) return null;
  if (typeof text === 'string') return parse(variable, text, source.readFile);
  return parse(variable, source.strict ? text.strict : text.development, source.readFile);
}

const QUOTED = ' (the value begins and ends with a quotation mark: remove both)';

function parse<Value>({ name, type }: Variable<Value>, text: string, readFile: ReadFile): Parsed<Value> {
  const parsed = type.parse(text, readFile);
  if (!('fault' in parsed)) return parsed;
  // Docker's --env-file and Kubernetes take the quotes of a line as part of the value.
  const isQuoted = /^(["']).*\1$/s.test(text);
  return { fault: `${name} ${parsed.fault}${isQuoted ? QUOTED : ''}` };
}

// The types of variables.

/** A text. `isValid` is a pattern, or a function for what a pattern cannot say. */
export function text(expects: string, isValid: RegExp | ((text: string) => boolean)): VariableType<string> {
  const passes = typeof isValid === 'function' ? isValid : (given: string) => isValid.test(given);
  return {
    expects,
    parse: (given) => (passes(given) ? { value: given } : { fault: `must be ${expects}` }),
  };
}

export function wholeNumber(min: number, max: number): VariableType<number> {
  const expects = `a whole number from ${min} to ${max}`;
  return {
    expects,
    parse(given) {
      const isInRange = /^\d{1,9}$/.test(given) && Number(given) >= min && Number(given) <= max;
      return isInRange ? { value: Number(given) } : { fault: `must be ${expects}` };
    },
  };
}

export function oneOf<Word extends string>(...words: readonly Word[]): VariableType<Word> {
  const expects = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  return {
    expects,
    parse(given) {
      const word = words.find((each) => each === given);
      return word === undefined ? { fault: `must be ${expects}` } : { value: word };
    },
  };
}

/** `true` or `false`. */
export const flag: VariableType<boolean> = {
  expects: 'true or false',
  parse(given) {
    if (given !== 'true' && given !== 'false') return { fault: 'must be true or false' };
    return { value: given === 'true' };
  },
};

export interface CommaList<Entry> {
  /** What the entries are, in the plural. */
  readonly of: string;
  readonly entry: VariableType<Entry>;
  /** What must differ between entries. The key is the word that the fault uses. A repeated entry is a mistake that hides a missing one. */
  readonly distinct?: Readonly<Record<string, (entry: Entry) => string>>;
}

/** At least one entry. Spaces around entries and empty entries do not count. The fault names every entry that is wrong. */
export function commaList<Entry>(list: CommaList<Entry>): VariableType<readonly Entry[]> {
  const expects = `a comma list of ${list.of}`;
  return {
    expects,
    parse(given, readFile) {
      const values: Entry[] = [];
      const entries = entriesOf(given);
      if (entries.length === 0) return { fault: `must be ${expects}, with at least one entry` };
      const wrong: string[] = [];
      for (const [index, entry] of entries.entries()) {
        const parsed = list.entry.parse(entry, readFile);
        if ('fault' in parsed) wrong.push(`entry ${index + 1} ${parsed.fault}`);
        else values.push(parsed.value);
      }
      const repeated = Object.entries(list.distinct ?? {})
        .filter(([, keyOf]) => hasRepeats(values.map(keyOf)))
        .map(([what]) => `contains the same ${what} twice`);
      const faults =
        wrong.length > 0 ? [`is a comma list whose ${wrong.join(', and ')}`, ...repeated] : repeated;
      return faults.length > 0 ? { fault: faults.join('; it ') } : { value: values };
    },
  };
}

export function entriesOf(list: string): readonly string[] {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function hasRepeats(keys: readonly string[]): boolean {
  return new Set(keys).size < keys.length;
}

/** The path of a PEM file with an RSA public key or certificate, or the key itself; the value is the PEM text. */
export const rsaPublicKeyFile: VariableType<string> = {
  expects: 'the path of a PEM file with an RSA public key or certificate',
  parse(path, readFile) {
    if (isKeyItself(path)) return keyOf(publicKeyIn(path), '');
    const file = contentOf(path, readFile);
    return 'fault' in file ? file : keyOf(publicKeyIn(file.content), 'names a file that ');
  },
};

function keyOf(key: ReturnType<typeof publicKeyIn>, subject: string): Parsed<string> {
  return 'fault' in key ? { fault: `${subject}${key.fault}` } : { value: key.pem };
}
