import type { GatewayDefinition } from '../adapters/gateways/gateway.js';
import type { Environment, Variable } from './variable.js';

/** A variable of the environment that is not ours, and the names that the operator may have meant. */
interface Near {
  readonly name: string;
  readonly meant: readonly string[];
}

const MOST_WARNINGS = 20;

/**
 * A warning for each variable that looks like one of this service and is none, since a misspelt variable is silently unset. Names only, no
 * value.
 */
export function nearNameWarnings(
  env: Environment,
  service: Readonly<Record<string, Variable<unknown>>>,
  gateways: readonly GatewayDefinition[],
): readonly string[] {
  const groups = [service, ...gateways.map(({ variables }) => variables)].map((table) =>
    Object.values(table),
  );
  const known = groups.flat().flatMap(namesOf);
  const strays = Object.entries(env).filter(
    ([name, value]) => value && !known.includes(name) && !isFromAnOrchestrator(name, value),
  );
  const prefixes = groups
    .slice(1)
    .map((group) => ({ prefix: prefixOf(group), names: group.flatMap(namesOf) }));
  return strays
    .map(([name]): Near | null => {
      const similar = [...withoutFile(name, known), ...known.filter((each) => isSimilar(name, each))];
      const gateway = prefixes.find(({ prefix }) => name.toUpperCase().startsWith(prefix));
      if (similar.length > 0) return { name, meant: similar };
      if (gateway) return { name, meant: gateway.names };
      return name.startsWith('QUITTANCE_')
        ? { name, meant: known.filter((each) => name.endsWith(`_${each}`)) }
        : null;
    })
    .filter((near) => near !== null)
    .slice(0, MOST_WARNINGS)
    .map(warningOf);
}

function warningOf({ name, meant }: Near): string {
  const hint =
    meant.length === 0 ? 'its variables have no such prefix' : `did you mean ${meant.join(' or ')}?`;
  return `${name} is set, but it is not a variable of this service and has no effect: ${hint}`;
}

/** The variable that a name means which only a secret could have: PORT_FILE. */
const withoutFile = (name: string, known: readonly string[]): string[] =>
  known.filter((each) => name === `${each}_FILE`);

const namesOf = ({ name, secret }: Variable<unknown>): string[] => (secret ? [name, `${name}_FILE`] : [name]);

/** What the names of a gateway have in common: `WECHAT_PAY_`. A single name without its last word. */
function prefixOf(variables: readonly Variable<unknown>[]): string {
  const [first = [], ...others] = variables.map(({ name }) => name.split('_'));
  const differs = first.findIndex((word, index) => others.some((words) => words[index] !== word));
  const words = first.slice(0, differs === -1 ? -1 : differs);
  return `${words.join('_')}_`;
}

/** Kubernetes and Docker name the services of a network in variables, and one of them may be called like this one or like a gateway. */
function isFromAnOrchestrator(name: string, value: string): boolean {
  return /_SERVICE_(HOST|PORT)(_\w+)?$|_PORT_\d+_(TCP|UDP)/.test(name) || /^(tcp|udp):\/\//.test(value);
}

/** The longer a name is, the more letters may differ. A short name has too many neighbours that are words. */
function isSimilar(given: string, known: string): boolean {
  const name = given.toUpperCase();
  if (name === known) return true;
  const most = known.length >= 11 ? 2 : Number(known.length >= 8);
  return Math.abs(name.length - known.length) <= most && distance(name, known) <= most;
}

/** How many letters must be added, removed or replaced (Levenshtein). */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of one.split('').entries()) {
    const next = [index + 1];
    for (const [column, against] of other.split('').entries()) {
      const replaced = row[column]! + Number(letter !== against);
      next.push(Math.min(next[column]! + 1, row[column + 1]! + 1, replaced));
    }
    row = next;
  }
  return row.at(-1)!;
}
