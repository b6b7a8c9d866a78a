// Tables of the generated pages.

type Row = readonly string[];

export function table(head: Row, rows: readonly Row[]): string {
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function byFirst(rows: readonly Row[]): Row[] {
  return rows.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1));
}

function line(cells: Row): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}
