// Node's own require, which loads ES modules; the one that Jest puts in its place does not.
module.exports = process.getBuiltinModule('node:module').createRequire(__filename)('cookie');
