import { createConfig, formatProblems, lintFromString } from '@redocly/openapi-core';
import { readFileSync } from 'node:fs';

/** Checks the OpenAPI document as linters of its users do. It needs no network: the document has no references to other files. */
const FILE = 'docs/reference/openapi.json';
const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    'operation-operationId': 'error',
    'operation-operationId-unique': 'error',
    'operation-operationId-url-safe': 'error',
    'operation-tag-defined': 'error',
    'tag-description': 'error',
    'no-unused-components': 'error',
    'no-invalid-schema-examples': 'error',
    'no-invalid-media-type-examples': 'error',
    // Health, metrics and the webhooks' receivers have no problems of their own.
    'operation-4xx-response': 'off',
  },
});
const problems = await lintFromString({ source: readFileSync(FILE, 'utf8'), absoluteRef: FILE, config });
if (problems.length > 0) {
  formatProblems(problems, { totals: { errors: problems.length, warnings: 0, ignored: 0 }, maxProblems: 50 });
  process.exitCode = 1;
}
