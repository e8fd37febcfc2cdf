import { StartRefused } from '../config/start-refused.js';
import { AdminClient } from './admin-client.js';
import { Advice } from './advice.js';
import { HELP, parsePlay } from './arguments.js';
import { sandboxKeys } from './keys.js';
import { playGateway } from './play.js';
import { reportOf, verdictOn, wentWell } from './report.js';
import { serviceAddress } from './service-address.js';

const GREEN = 32;
const RED = 31;

async function main(args: readonly string[]): Promise<number> {
  if (process.env['NODE_ENV'] === 'production') {
    throw new Advice(
      'The sandbox does not run in production: it signs with development keys, which production never has.',
    );
  }
  const play = parsePlay(args);
  if (play === 'help') {
    console.log(HELP);
    return 0;
  }
  const { url, adminUrl, token, dataDir } = serviceAddress(play, process.env);
  const service = { url, admin: new AdminClient(adminUrl, token), keys: () => sandboxKeys(dataDir) };
  const played = await playGateway(play, service);
  const well = wentWell(played);
  console.log(
    `${play.gateway} at ${url}\n\n${reportOf(played)}\n\n${coloured(verdictOn(played), well ? GREEN : RED)}`,
  );
  return well ? 0 : 1;
}

function coloured(text: string, colour: number): string {
  return process.stdout.isTTY ? `\u001B[${colour}m${text}\u001B[39m` : text;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isForReader = error instanceof Advice || error instanceof StartRefused;
  console.error(isForReader ? error.message : error);
  process.exitCode = 1;
}
