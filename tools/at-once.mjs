import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs the npm scripts that its arguments name at the same time, and prints what each of them has printed as one text. Fails if one of them has failed. */
async function run(name) {
  const child = spawn('npm', ['run', '--silent', name], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // On Windows npm is a script of the shell.
    shell: process.platform === 'win32',
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const [code] = await once(child, 'close');
  process.stdout.write(Buffer.concat(output));
  if (code === 0) return;
  console.error(`npm run ${name} has failed.`);
  process.exitCode = 1;
}

await Promise.all(process.argv.slice(2).map(run));
