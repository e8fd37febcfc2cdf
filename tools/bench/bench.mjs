// `npm run bench`. The measures load the built service, so a run without a build says so here, before anything is loaded.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

if (existsSync(join(import.meta.dirname, '../../dist/src/main.js'))) await import('./whole-run.mjs');
else {
  console.error('The service is not built: run "npm run build" first. "npm run bench" does so by itself.');
  process.exitCode = 1;
}
