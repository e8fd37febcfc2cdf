// The command-line options.
import { parseArgs } from 'node:util';
import { MEASURES } from './measures.mjs';

/** The defaults of a full run, and those of a quick one. */
const FULL = {
  rounds: 3,
  seconds: 8,
  'warm-up': 4,
  history: 100_000,
  callbacks: 1_000_000,
  large: 10_000_000,
  audited: 1_000_000,
};
const QUICK = { rounds: 1, seconds: 2, 'warm-up': 1, history: 20_000, callbacks: 30_000 };

const LONG = Object.keys(MEASURES).filter((name) => MEASURES[name].long);

const HELP = `npm run bench -- [--quick] [--only M,M] [--rounds N] [--seconds N] …

  --quick             under two minutes: ${textOf(QUICK)};
                      without ${LONG.join(', ')}
  --only M,M          only these measures and those that they need: ${Object.keys(MEASURES).join(', ')}
  --rounds N          how many times the measures are taken (${FULL.rounds})
  --seconds N         the duration of each measure (${FULL.seconds})
  --warm-up N         the duration of the load before a measure counts (${FULL['warm-up']})
  --connections N     of the closed loops (256, or the best number that the measure connections finds)
  --history N         payments in the tables before each measure (${FULL.history})
  --large N           the same for ten-million and reads-10m (${FULL.large})
  --audited N         the same for audit (${FULL.audited})
  --callbacks N       how many callbacks the measure memory sends (${FULL.callbacks})
  --random-numbers    payment numbers that are spread like random ones, instead of time-ordered ones
  --json FILE         the file for the figures (tools/bench/results.json)
  --postgres-bin DIR  the programs of another PostgreSQL than the embedded one
  --postgres NAME=V   a setting of PostgreSQL; may be repeated
  --env NAME=V        an environment variable of the service; may be repeated
  --node FLAG         an option of the service's Node, such as --cpu-prof; may be repeated

The exit code is 1 if a callback was lost or answered wrongly. A missed goal is shown as FAIL in the table; the exit code stays 0.`;

/** @throws Error that says which option is wrong. */
export function readOptions(args) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    args,
    options: {
      ...Object.fromEntries(Object.keys(FULL).map((name) => [name, text])),
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      'random-numbers': { type: 'boolean', default: false },
      only: text,
      connections: text,
      json: { ...text, default: 'tools/bench/results.json' },
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
    randomNumbers: values['random-numbers'],
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
  throw new Error(`--${name} takes a number greater than 0, not "${text}".`);
}

function pairs(name, texts = []) {
  const entries = texts.map((text) => {
    const match = /^(\w+)=(.*)$/s.exec(text);
    if (!match) throw new Error(`--${name} takes NAME=VALUE, not "${text}".`);
    return match.slice(1);
  });
  return Object.fromEntries(entries);
}

function textOf(numbers) {
  return Object.entries(numbers)
    .map(([name, value]) => `--${name} ${value}`)
    .join(' ');
}
