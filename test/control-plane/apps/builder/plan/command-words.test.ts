import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  commandWords,
  shownCommand,
  withPackagePrograms,
} from '../../../../../src/control-plane/apps/builder/plan/command-words.ts';

describe('a command line', () => {
  test.each<[command: string, words: readonly string[]]>([
    ['node server.js', ['node', 'server.js']],
    ['  node   "a b.js"  --x=\'y z\' ', ['node', 'a b.js', '--x=y z']],
    ['node ""', ['node', '']],
    ['gunicorn -b 0.0.0.0:$PORT', ['/bin/sh', '-c', 'exec gunicorn -b 0.0.0.0:$PORT']],
    ['NODE_ENV=x node a.js', ['/bin/sh', '-c', 'NODE_ENV=x node a.js']],
    ['cd app && node a.js', ['/bin/sh', '-c', 'cd app && node a.js']],
    ['cd $HOME', ['/bin/sh', '-c', 'cd $HOME']],
    ['a | b', ['/bin/sh', '-c', 'a | b']],
    ['node "a', ['/bin/sh', '-c', 'exec node "a']],
  ])('%s', (command, words) => {
    expect(commandWords(command)).toEqual(words);
  });

  test('is split as a shell splits it, when no shell runs it', () => {
    const part = fc.oneof(
      fc.stringMatching(/^[\w./=:@,-]{1,8}$/),
      fc.stringMatching(/^[\w ./=]{0,8}$/).map((text) => `"${text}"`),
      fc.stringMatching(/^[\w ./="]{0,8}$/).map((text) => `'${text}'`),
    );
    const commands = fc.array(
      fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(commands, (parts) => {
        const command = `p ${parts.join(' ')}`;
        const words = commandWords(command);
        if (words[0] === '/bin/sh') return;
        const split = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' });
        expect(words).toEqual(split.split('\0').slice(0, -1));
      }),
      { numRuns: 60 },
    );
  });

  test('finds programs of packages, and is shown as it was typed', () => {
    const found = withPackagePrograms(['hello', 'a b'], 'bin');
    expect(shownCommand(found)).toBe('hello "a b"');
    expect(shownCommand(withPackagePrograms(commandWords('hello $X'), 'bin'))).toBe('hello $X');
    const [shell = '', ...args] = withPackagePrograms(['sh', '-c', 'echo "$0 $PATH"', 'x'], 'bin');
    expect(execFileSync(shell, args, { cwd: '/usr', env: { PATH: '/bin' }, encoding: 'utf8' })).toBe(
      'x /usr/bin:/bin\n',
    );
  });
});
