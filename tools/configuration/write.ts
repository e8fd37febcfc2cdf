import { mkdirSync, writeFileSync } from 'node:fs';
import { GATEWAYS } from '../../src/adapters/gateways/registry.js';
import { VARIABLES } from '../../src/config/variables.js';
import { configurationPage, envExample } from './documents.js';

/** `npm run configuration`: writes the files that are made from the tables of variables. */
const tables = { service: VARIABLES, gateways: GATEWAYS };
mkdirSync('docs', { recursive: true });
writeFileSync('.env.example', envExample(tables));
writeFileSync('docs/configuration.md', configurationPage(tables));
console.log('Written: .env.example, docs/configuration.md');
