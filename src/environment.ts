import { ValidateBy, validateSync } from 'class-validator';

/** Environment variables; one that is set to nothing counts as unset, and is absent. */
export type Environment = Readonly<Record<string, string | undefined>>;

export type ReadFile = (path: string) => string;

/** Variables that may come as `NAME_FILE`, the path of a file whose content is the value. */
const SECRETS = [
  'DATABASE_URL',
  'ADMIN_TOKENS',
  'STRIPE_WEBHOOK_SECRETS',
  'WECHAT_PAY_API_V3_KEY',
  'STANDARD_WEBHOOKS_SECRETS',
  'EVENTS_NATS_URL',
];

/** The environment with secrets read from their files, and what was wrong with these; never throws. */
export function readEnvironment(
  variables: Environment,
  readFile: ReadFile,
): { env: Environment; faults: string[] } {
  const env = Object.fromEntries(Object.entries(variables).filter(([, value]) => value));
  const faults: string[] = [];
  for (const name of SECRETS) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) faults.push(`${name} and ${name}_FILE are both set`);
    else env[name] = secretIn(path, readFile);
    if (!env[name]) faults.push(`${name}_FILE names a file that cannot be read, or is empty`);
  }
  return { env, faults };
}

/** Editors end a file with a line break, which is no part of the secret. */
function secretIn(path: string, readFile: ReadFile): string {
  try {
    return readFile(path).replace(/\r?\n$/, '');
  } catch {
    return '';
  }
}

/** The entries of a comma list; undefined where the variable is not set. */
export function list(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** A rule of our own for a variable: what is wrong with its value, without the value, or null. */
export function Rule(faultOf: (value: never) => string | null): PropertyDecorator {
  return ValidateBy({
    name: faultOf.name,
    validator: {
      validate: (value) => faultOf(value as never) === null,
      defaultMessage: (about) => `${about?.property} ${faultOf(about?.value as never)}`,
    },
  });
}

/** Everything that is wrong with a class of variables, each by its name. */
export function faultsOf(variables: object): string[] {
  return validateSync(variables).flatMap(({ constraints = {} }) => Object.values(constraints));
}

/** For entries that must differ, since a repeated one is a slip that hides a missing one. */
export function hasRepeats(entries: readonly string[]): boolean {
  return new Set(entries).size < entries.length;
}
