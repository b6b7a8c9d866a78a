// What the JSON report of vitest says: `counts FILE` prints passed and failed, `failures FILE` each failure with its message,
// `slowest FILE` the files that took longest.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const LINES_OF_A_MESSAGE = 25;
const SLOWEST = 12;
const [what, file] = process.argv.slice(2);
const report = JSON.parse(readFileSync(file, 'utf8'));
// A file that fails outside of its tests, for example in a hook, has a message of its own.
const files = report.testResults.filter(({ status, message }) => status === 'failed' && message);
const tests = report.testResults.flatMap(({ assertionResults, name }) =>
  assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => ({
      name: `${name}: ${fullName}`,
      message: failureMessages.join('\n'),
    })),
);

function slowest() {
  const seconds = ({ startTime, endTime }) => Math.round((endTime - startTime) / 1_000);
  const sorted = [...report.testResults].sort((a, b) => seconds(b) - seconds(a)).slice(0, SLOWEST);
  return sorted.map((file) => `${relative('.', file.name)} ${seconds(file)} s`).join(', ');
}

const print = (line) => process.stdout.write(`${line}\n`);
if (what === 'counts') print(`${report.numPassedTests} ${tests.length + files.length}`);
else if (what === 'slowest') print(slowest());
else
  for (const { name, message } of [...tests, ...files])
    print(`${name}\n${message.split('\n').slice(0, LINES_OF_A_MESSAGE).join('\n')}\n`);
