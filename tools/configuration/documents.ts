import type { GatewayDefinition } from '../../src/adapters/gateways/gateway.js';
import type { Variable } from '../../src/config/variable.js';

/** The tables of variables: the service's and each gateway's. */
export interface Tables {
  readonly service: Readonly<Record<string, Variable<unknown>>>;
  readonly gateways: readonly GatewayDefinition[];
}

const LINE_WIDTH = 118;

/** The text of `.env.example`. Its values are the defaults, so loading it changes nothing. */
export function envExample({ service, gateways }: Tables): string {
  const sections = [
    comment(
      'Made by npm run configuration. Copy this file to .env and load it with node --env-file=.env dist/src/main.js. The values are ' +
        'the defaults. A variable that is set to the empty text counts as unset.',
    ),
    ...Object.values(service).map(envEntry),
    comment(
      'A gateway is on when its variables are set. With none of them set it is off in production, and uses development keys ' +
        'otherwise. With only some of them set the service does not start.',
    ),
    ...gateways.flatMap(({ name, variables }) => [
      comment(`The gateway ${name}.`),
      ...Object.values(variables).map(envEntry),
    ]),
    `${comment(TEST_DATABASE_URL)}\nTEST_DATABASE_URL=`,
  ];
  return `${sections.join('\n\n')}\n`;
}

const TEST_DATABASE_URL =
  'Only for the tests: a PostgreSQL to use instead of the one that they start. Its user must be allowed to create databases.';

function envEntry(variable: Variable<unknown>): string {
  const { name, type, default: text, whenUnset: unset, secret, help } = variable;
  const notes = [
    `${help} The value is ${type.expects}.`,
    ...(typeof text === 'object' ? [`Unset: ${text.strict} in production, else ${text.development}.`] : []),
    ...(unset === undefined ? [] : [`Unset: ${unset}.`]),
    ...(secret ? [`Also as ${name}_FILE.`] : []),
  ];
  return `${comment(notes.join(' '))}\n${name}=${typeof text === 'string' ? text : ''}`;
}

function comment(text: string): string {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (`${line} ${word}`.length > LINE_WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}

/** The text of `docs/configuration.md`. */
export function configurationPage({ service, gateways }: Tables): string {
  const sections = [
    '<!-- Made by `npm run configuration` from src/config/variables.ts and src/adapters/gateways/*/settings.ts. Edit those. -->',
    '# Configuration',
    INTRODUCTION,
    '## Service',
    table(Object.values(service)),
    '## Gateways',
    GATEWAYS,
    ...gateways.flatMap(({ name, variables }) => [`### \`${name}\``, table(Object.values(variables))]),
    '## Tests',
    `\`TEST_DATABASE_URL\`: ${TEST_DATABASE_URL}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

const INTRODUCTION = `Every setting is an environment variable. The service reads them once, when it starts. If any of them is wrong it does not
start, and it lists all faults at once, by the names of the variables and never by their values.

- A variable that is set to the empty text counts as unset.
- A variable with a second name that ends in \`_FILE\` is a secret. Set that name to the path of a file instead, and the content of the
  file is the value, without a line break at its end. Setting both is a fault.
- \`.env.example\` has every variable with its default. Load a copy with \`node --env-file=.env dist/src/main.js\`.

**In production** means on this page: where \`NODE_ENV\` is \`production\`, where \`HOST\` is not a loopback address, or where
\`DATABASE_URL\` points beyond this machine. Then the database, the admin tokens and at least one gateway must be set, each token has
at least 16 characters, and nothing that is made for development is used. Only \`NODE_ENV\` decides whether the service migrates the
database when it starts: in \`production\` it does not, so [migrate](deployment.md#migrate-then-start) first.

\`node --env-file=.env dist/src/main.js --check\` checks the configuration and starts nothing.`;

const GATEWAYS = `A gateway is on when its variables are set. With none of them set it is off in production, and uses development keys otherwise.
With only some of them set the service does not start. A variable that has a default here may be left out.`;

const HEADINGS = ['Variable', 'Value', 'Default', 'Meaning'];

function table(variables: readonly Variable<unknown>[]): string {
  const rows = variables.map((variable) => cellsOf(variable).map(escape));
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((cells) => cells[column]!.length)),
  );
  const line = (cells: readonly string[], filler = ' ') =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, filler)).join(' | ')} |`;
  return [
    line(HEADINGS),
    line(
      HEADINGS.map(() => ''),
      '-',
    ),
    ...rows.map((cells) => line(cells)),
  ].join('\n');
}

function cellsOf({ name, type, default: text, whenUnset: unset, secret, help }: Variable<unknown>): string[] {
  const names = secret ? `\`${name}\` or \`${name}_FILE\`` : `\`${name}\``;
  return [names, type.expects, defaultOf(text, unset), help];
}

function defaultOf(text: Variable<unknown>['default'], unset: string | undefined): string {
  if (typeof text === 'string') return `\`${text}\``;
  if (text) return `\`${text.strict}\` in production, else \`${text.development}\``;
  return unset ?? 'none';
}

/** Markdown would read these characters as a border of a cell, and as HTML. */
function escape(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('<', '\\<');
}
