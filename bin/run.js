#!/usr/bin/env node
// Old syntax and no import statement, so that each Node.js since 10 can read this file and say which one is needed.
var version = process.versions.node.split('.').map(Number);
var words = process.argv.slice(2);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  process.stderr.write(
    'Error: ocpctl needs Node.js 20.19 or newer, and this is ' +
      process.version +
      '\nHint: install a newer one, or put its directory first in PATH\n',
  );
  process.exitCode = 1;
} else if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) {
  // That the reader of a pipe is gone is not an error.
  process.stdout.on('error', function () {});
  process.stdout.write(
    'ocpctl ' +
      require('../package.json').version +
      ' ' +
      process.platform +
      '-' +
      process.arch +
      ' node-' +
      process.version +
      '\n',
  );
} else {
  require('../dist/start.cjs');
}
