import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterList, createdCluster } from '../../src/render/cluster.ts';
import { doctorList } from '../../src/render/doctor.ts';
import { jobList } from '../../src/render/job.ts';
import { painter } from '../../src/render/paint.ts';
import { renderTable } from '../../src/render/table.ts';
import { cut, textWidth, wrapText } from '../../src/render/text-width.ts';
import type { ListView, TableColumn } from '../../src/render/view.ts';
import { clusterOf, jobOf } from '../commands/support/documents.ts';

const NOW = new Date('2026-01-01T01:00:00Z');
const table = <Row>({ rows, columns }: ListView<Row>, cells: number, wide = false) =>
  renderTable(rows, columns, { paint: painter(false), wide, columns: cells });
const linesOf = (text: string) => text.trimEnd().split('\n');

describe('cells of a text', () => {
  it.each([
    ['demo', 4],
    ['集群', 4],
    ['한국', 4],
    ['\u1112\u1161\u11ab', 2],
    ['ｱ', 1],
    ['Ａ', 2],
    ['é', 1],
    ['e\u0301', 1],
    ['👍', 2],
    ['👍🏽', 2],
    ['🫠', 2],
    ['🩷', 2],
    ['🇩🇪', 2],
    ['1\ufe0f\u20e3', 2],
    ['❤\ufe0f', 2],
    ['⚠', 1],
    ['…', 1],
    ['\u0301', 0],
    ['', 0],
  ])('%j takes %i', (text, cells) => {
    expect(textWidth(text)).toBe(cells);
  });

  it('cuts between characters, never within one', () => {
    expect(cut('demo', 4)).toBe('demo');
    expect(cut('demo-cluster', 6)).toBe('demo-…');
    expect(cut('集群集群', 6)).toBe('集群…');
    expect(cut('ab cdef', 4)).toBe('ab…');
    expect(cut('a👍🏽👍🏽', 4)).toBe('a👍🏽…');
  });

  it('wraps at spaces, and a word that is too long within it', () => {
    expect(wrapText('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
    expect(wrapText('see https://example.com/path', 10)).toEqual(['see', 'https://ex', 'ample.com/', 'path']);
    expect(wrapText('', 10)).toEqual(['']);
  });

  it('a line that is cut or wrapped is never longer than asked for', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 60 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 30 }), (text, width) => {
        for (const line of [cut(text, width), ...wrapText(text, width)])
          expect(textWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('tables on a terminal', () => {
  const clusters = [
    clusterOf({
      name: 'pr-12345-nightly-e2e',
      profile: 'aws-minimal-test',
      owner: 'anna-katharina@example.com',
    }),
    clusterOf({ name: 'ci-2', status: 'DESTROY_FAILED' }),
  ];

  it.each([200, 80, 60, 40, 20, 5])('never have a line of more than %i cells', (cells) => {
    for (const view of [clusterList(clusters, NOW), clusterList([clusterOf()], NOW)])
      for (const wide of [false, true])
        for (const line of linesOf(table(view, cells, wide)))
          expect(textWidth(line), line).toBeLessThanOrEqual(cells);
    for (const line of linesOf(table(jobList([jobOf({ type: 'JANITOR_DESTROY' })], NOW), cells, true)))
      expect(textWidth(line), line).toBeLessThanOrEqual(Math.max(cells, 24 + 2 + 30 + 3));
  });

  it('at 200 cells show everything, at 80 and 40 the name and what matters', () => {
    expect(table(clusterList(clusters, NOW), 200)).not.toContain('…');
    expect(table(clusterList(clusters, NOW), 80)).toMatchInlineSnapshot(`
      "NAME                  STATUS          PROFILE  VERSION  OWNER    EXPIRES  …
      pr-12345-nightly-e2e  READY           aws-mi…  4.20.3   anna-k…  in 26663d23h
      ci-2                  DESTROY_FAILED  aws-mi…  4.20.3   admin    in 26663d23h
      "
    `);
    expect(table(clusterList(clusters, NOW), 40)).toMatchInlineSnapshot(`
      "NAME                  STATUS  EXPIRES  …
      pr-12345-nightly-e2e  READY   in 266…
      ci-2                  DESTR…  in 266…
      "
    `);
  });

  it('-o wide at 80 cells has whole ids and names', () => {
    const cluster = clusterOf({ name: 'nightly-regression' });
    const text = table(clusterList([cluster], NOW), 80, true);
    expect(text).toContain(cluster.id);
    expect(text).toContain(cluster.name);
    for (const line of linesOf(text)) expect(textWidth(line)).toBeLessThanOrEqual(80);
    expect(linesOf(text)[0]).toMatch(/^NAME +STATUS .* ID .*…$/);
  });

  it('the result of create fits into 80 cells, with name and id', () => {
    const accepted = { cluster: clusterOf({ name: 'fuzzy-mole-c83c' }), job: jobOf() };
    const [header = '', row = ''] = linesOf(table(createdCluster(accepted, NOW), 80));
    expect(header.split(/ +/)).toEqual(['NAME', 'ID', 'STATUS', 'EXPIRES', '…']);
    expect(row).toContain(`fuzzy-mole-c83c  ${accepted.cluster.id}  READY`);
  });

  it('jobs have their id, type, cluster and status at 80 cells', () => {
    const [header = '', row = ''] = linesOf(table(jobList([jobOf({ status: 'RUNNING' })], NOW), 80));
    expect(header).toMatch(/^ID +TYPE +RESOURCE +STATUS/);
    expect(row).toContain(jobOf().id);
  });

  it('prose is wrapped below its column', () => {
    const check = {
      check: 'clock',
      result: 'failed',
      detail: 'the clock is 7 minutes late',
      remedy: 'start an NTP client, for example chronyd',
    } as const;
    expect(table(doctorList([check]), 50)).toMatchInlineSnapshot(`
      "CHECK  RESULT  DETAIL
      clock  failed  the clock is 7 minutes late: start
                     an NTP client, for example chronyd
      "
    `);
  });

  it('cut colored cells without their styles', () => {
    const columns: TableColumn<string>[] = [
      { header: 'NAME', text: () => 'demo' },
      { header: 'STATUS', text: (row) => row, style: () => 'red' },
    ];
    const text = renderTable(['DESTROY_FAILED'], columns, { paint: painter(true), wide: false, columns: 14 });
    expect(text).toContain('\u001b[31mDESTROY…\u001b[39m');
  });
});
