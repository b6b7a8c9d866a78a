import { statement } from './db/statement.ts';

export const insertInstallationId = statement({
  name: 'installation.insert',
  text: `insert into installation (id) values ($1) on conflict (one) do nothing returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

export const getInstallationId = statement({
  name: 'installation.get',
  text: `select id from installation`,
  params: {},
  row: { id: 'text' },
});
