import config from '../../jest.config.mjs';

const { globalSetup: _setup, globalTeardown: _teardown, reporters: _reporters, ...rest } = config;

/** The tests of the rules, which need no PostgreSQL, so that each mutant is tested within a second. */
export default {
  ...rest,
  rootDir: '../..',
  // Jest scans only these folders.
  roots: ['<rootDir>/src', '<rootDir>/test/domain', '<rootDir>/test/application', '<rootDir>/tools/mutation'],
  testMatch: ['<rootDir>/tools/mutation/rules.ts'],
};
