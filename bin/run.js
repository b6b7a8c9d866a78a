#!/usr/bin/env node
// Old syntax and no import statement, so that each Node.js since 10 can read this file and say which one is needed.
var version = process.versions.node.split('.').map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  process.stderr.write(
    'Error: ocpctl needs Node.js 20.19 or newer, and this is ' +
      process.version +
      '\nHint: install a newer one, or put its directory first in PATH\n',
  );
  process.exitCode = 1;
} else {
  import('./main.js');
}
