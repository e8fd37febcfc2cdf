import config from '../../jest.config.mjs';

const { globalSetup: _setup, globalTeardown: _teardown, reporters: _reporters, ...rest } = config;

/** The rules' own tests, which need no PostgreSQL: a mutant is met by them within a second, or by nobody. */
export default {
  ...rest,
  rootDir: '../..',
  // What nobody here imports is not even looked at.
  roots: ['<rootDir>/src', '<rootDir>/test/domain', '<rootDir>/test/application', '<rootDir>/test/mutation'],
  testMatch: ['<rootDir>/test/mutation/rules.ts'],
};
