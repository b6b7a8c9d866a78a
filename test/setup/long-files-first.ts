import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest in its project, longest first: begun last, it would run alone while the other workers are done. */
const LONG = [
  'test/chaos/other-faults.test.ts',
  'test/chaos/crash-matrix.test.ts',
  'test/e2e/runbooks.test.ts',
  'test/e2e/cloud-credentials.test.ts',
  'test/e2e/lifecycle.test.ts',
  'test/e2e/deadline.test.ts',
  'test/control-plane/janitor/janitor.test.ts',
  'test/control-plane/kernel/process/worker-guard.test.ts',
  'test/control-plane/http/sign-in.test.ts',
  'test/commands/contract.test.ts',
  'test/commands/lost-answer.test.ts',
  'test/repository/import-rules.test.ts',
];

/** Vitest's own order, which knows nothing of a first run's durations, but for the long files. */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = LONG.findIndex((file) => moduleId.endsWith(file));
      return index === -1 ? LONG.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
