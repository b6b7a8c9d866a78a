// Says `ready`; at the first input takes the lock of argv[2] and says `held`, or says why not; holds it until its input ends.
import { once } from 'node:events';
import { acquireLockFile } from '../../../../src/control-plane/kernel/db/lock-file.ts';
import { messageOf } from '../../../../src/control-plane/kernel/errors.ts';

process.stdout.write('ready\n');
await once(process.stdin, 'data');
try {
  await acquireLockFile(process.argv[2] ?? '');
  process.stdout.write('held\n');
  process.stdin.resume();
} catch (error) {
  process.stdout.write(`${messageOf(error)}\n`);
  process.exit();
}
