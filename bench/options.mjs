// What may be asked for on the command line.
import { parseArgs } from 'node:util';
import { MEASURES } from './measures.mjs';

/** What a full run takes, and what a quick one has instead. */
const FULL = {
  rounds: 3,
  seconds: 8,
  'warm-up': 4,
  history: 100_000,
  callbacks: 1_000_000,
  large: 10_000_000,
};
const QUICK = { rounds: 1, seconds: 2, 'warm-up': 1, history: 20_000, callbacks: 50_000 };

const LONG = Object.keys(MEASURES).filter((name) => MEASURES[name].long);

const HELP = `npm run bench -- [--quick] [--only M,M] [--rounds N] [--seconds N] …

  --quick             under two minutes: ${textOf(QUICK)};
                      without ${LONG.join(', ')}
  --only M,M          these measures, and those that they need: ${Object.keys(MEASURES).join(', ')}
  --rounds N          how often each measure is taken, in turn (${FULL.rounds})
  --seconds N         how long each measure is (${FULL.seconds})
  --warm-up N         how long its load is on before it counts (${FULL['warm-up']})
  --connections N     of the closed loops; otherwise 256, or the best that the measure connections finds
  --history N         payments that lie in the tables before each measure (${FULL.history})
  --large N           the same for ten-million (${FULL.large})
  --callbacks N       how many memory sends (${FULL.callbacks})
  --json FILE         where the figures go (bench/results.json)
  --postgres-bin DIR  the programs of another PostgreSQL than the one that npm brings
  --postgres NAME=V   a setting of PostgreSQL other than its default; may be repeated
  --env NAME=V        a variable of the service; may be repeated
  --node FLAG         a flag of the service's Node, such as --cpu-prof; may be repeated

Exit code 1: a callback was lost, or answered as it must not be. A goal that is missed is FAIL in the table and nothing else.`;

/** Throws an Error that says what is wrong. */
export function readOptions(args) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    args,
    options: {
      ...Object.fromEntries(Object.keys(FULL).map((name) => [name, text])),
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: text,
      connections: text,
      json: { ...text, default: 'bench/results.json' },
      'postgres-bin': text,
      postgres: { ...text, multiple: true },
      env: { ...text, multiple: true },
      node: { ...text, multiple: true },
    },
  });
  if (values.help) return { help: HELP };
  const only = values.only?.split(',') ?? null;
  const unknown = only?.find((name) => !Object.hasOwn(MEASURES, name));
  if (unknown !== undefined)
    throw new Error(`There is no measure "${unknown}". There are: ${Object.keys(MEASURES).join(', ')}.`);
  const given = (name) =>
    numberOf(name, values[name] ?? (values.quick ? QUICK[name] : undefined) ?? FULL[name]);
  const { 'warm-up': warmUpSeconds, ...numbers } = Object.fromEntries(
    Object.keys(FULL).map((name) => [name, given(name)]),
  );
  return {
    ...numbers,
    warmUpSeconds,
    quick: values.quick,
    only,
    connections: values.connections === undefined ? null : numberOf('connections', values.connections),
    json: values.json,
    postgresBin: values['postgres-bin'] ?? null,
    postgres: pairs('postgres', values.postgres),
    env: pairs('env', values.env),
    node: values.node ?? [],
  };
}

function numberOf(name, text) {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`--${name} takes a number greater than 0, and not "${text}".`);
}

function pairs(name, texts = []) {
  const entries = texts.map((text) => {
    const match = /^(\w+)=(.*)$/s.exec(text);
    if (!match) throw new Error(`--${name} takes NAME=VALUE, and not "${text}".`);
    return match.slice(1);
  });
  return Object.fromEntries(entries);
}

function textOf(numbers) {
  return Object.entries(numbers)
    .map(([name, value]) => `--${name} ${value}`)
    .join(' ');
}
