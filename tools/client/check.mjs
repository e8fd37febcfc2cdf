import { existsSync, readFileSync } from 'node:fs';
import { clientFiles } from './generate.mjs';

/** Ends with 1 if the TypeScript client is not that of the OpenAPI document. */
const old = [...(await clientFiles())]
  .filter(([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text)
  .map(([file]) => file);
if (old.length > 0) {
  console.error(`Not made from docs/reference/openapi.json: ${old.join(', ')}. Run npm run client.`);
  process.exitCode = 1;
}
