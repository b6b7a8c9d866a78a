import type { TableColumn } from './view.ts';

export const GAP = 2;
/** A column that is cut to less says nothing; it is left out instead. */
const LEAST = 6;
const LEAST_PROSE = 24;

type Column = Pick<TableColumn<never>, 'header' | 'fit' | 'align' | 'wide'>;

/**
 * Widths of the columns of a table so that it fits a terminal; 0 leaves a column out.
 * First prose is wrapped and what matters least is cut, then left out, then the same with the others. What identifies a row
 * comes last.
 * @param natural widths that show everything @param available cells of a line
 */
export function fitColumns(
  columns: readonly Column[],
  natural: readonly number[],
  available: number,
): number[] {
  const ranks = columns.map(rankOf);
  const floors = natural.map((width, index) => floorOf(columns[index], width, ranks[index]));
  for (const last of [RANK.first, RANK.other]) {
    const least = floors.map((width, index) => (rank(ranks, index) > last ? (natural[index] ?? 0) : width));
    const out = columns
      .map((_, index) => index)
      .filter((index) => ranks[index] !== RANK.prose && rank(ranks, index) <= last)
      .sort((a, b) => rank(ranks, a) - rank(ranks, b) || b - a);
    const alreadyOut = out.filter((index) => rank(ranks, index) < last).length;
    for (let count = last === RANK.first ? 0 : alreadyOut; count <= out.length; count++) {
      const gone = new Set(out.slice(0, count));
      const shown = (widths: readonly number[]) =>
        widths.map((width, index) => (gone.has(index) ? 0 : width));
      // The header of a table with columns left out ends with an ellipsis.
      const remaining = available - (count === 0 ? 0 : GAP + 1);
      if (lineWidth(shown(least)) <= remaining) return shrink(shown(natural), least, ranks, remaining);
    }
  }
  return onlyIdentity(columns, natural, { ranks, available });
}

/** For a terminal on which not even names fit. */
function onlyIdentity(
  columns: readonly Column[],
  natural: readonly number[],
  cut: { readonly ranks: readonly number[]; readonly available: number },
): number[] {
  const { ranks, available } = cut;
  const kept = natural.map((width, index) => (rank(ranks, index) === RANK.identity ? width : 0));
  const isCopied = columns.some(({ fit }) => fit === 'never');
  const least = natural.map((width, index) => (columns[index]?.fit === 'never' ? width : LEAST));
  const fitted = shrink(kept, least, ranks, available - GAP - 1);
  if (lineWidth(fitted) <= available || isCopied) return fitted;
  return natural.map((width, index) => (index === 0 ? Math.min(width, available) : 0));
}

/** Cells of a line with columns of these widths. */
export function lineWidth(widths: readonly number[]): number {
  const shown = widths.filter((width) => width > 0);
  return shown.reduce((sum, width) => sum + width, 0) + GAP * Math.max(0, shown.length - 1);
}

/** Makes columns narrower until the line fits: of the lowest rank that can be cut, the widest first. */
function shrink(
  widths: readonly number[],
  floors: readonly number[],
  ranks: readonly number[],
  available: number,
): number[] {
  const fitted = [...widths];
  for (let excess = lineWidth(fitted) - available; excess > 0; excess--) {
    const [next] = fitted
      .map((_, index) => index)
      .filter((index) => (fitted[index] ?? 0) > (floors[index] ?? 0))
      .sort((a, b) => rank(ranks, a) - rank(ranks, b) || (fitted[b] ?? 0) - (fitted[a] ?? 0));
    if (next === undefined) break;
    fitted[next] = (fitted[next] ?? 0) - 1;
  }
  return fitted;
}

const RANK = { prose: 0, wide: 1, first: 2, other: 3, identity: 4 } as const;

/** When a column is cut: lower ones before higher ones. Names and ids identify a row: they are needed for the next command. */
function rankOf({ header, fit, wide }: Column, index: number): number {
  if (fit === 'wrap') return RANK.prose;
  if (fit === 'never') return RANK.identity;
  if (fit === undefined && (header === 'NAME' || header === 'ID')) return RANK.identity;
  if (wide === true) return RANK.wide;
  if (fit !== undefined) return RANK.first;
  return index === 0 ? RANK.identity : RANK.other;
}

function rank(ranks: readonly number[], index: number): number {
  return ranks[index] ?? RANK.other;
}

function floorOf(column: Column | undefined, width: number, of: number | undefined): number {
  if (of === RANK.prose) return Math.min(width, LEAST_PROSE);
  if (of === RANK.identity || column?.align === 'right' || column?.fit === 'whole') return width;
  return Math.min(width, Math.max(LEAST, column?.header.length ?? 0));
}
