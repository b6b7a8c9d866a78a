import { expect, it } from 'vitest';
import { LiveTable } from '../../src/cli/output/live-table.ts';
import { Session } from '../../src/cli/session.ts';
import { fakeIo } from './support-io.ts';

it('a table that is closed draws nothing any more, also when the terminal was resized just before', async () => {
  const io = fakeIo({ isTTY: true });
  const table = new LiveTable(new Session(io, {}, { contexts: {}, settings: {} }, '0'));
  await table.show({
    kind: 'list',
    rows: [],
    columns: [],
    document: { items: [] },
    name: () => '',
    whenEmpty: 'No clusters.',
  });
  expect(io.written.stdout).toContain('No clusters.');
  io.stdout.emit('resize');
  table.close();
  const drawn = io.written.stdout;
  await new Promise(setImmediate);
  expect(io.written.stdout).toBe(drawn);
});
