// Takes the lock of argv[2] and says `held`, or says why not; holds it until its input ends.
import { acquireLockFile } from '../../../../src/control-plane/kernel/db/lock-file.ts';
import { messageOf } from '../../../../src/control-plane/kernel/errors.ts';

try {
  acquireLockFile(process.argv[2] ?? '');
  process.stdout.write('held\n');
  process.stdin.resume();
} catch (error) {
  process.stdout.write(`${messageOf(error)}\n`);
}
