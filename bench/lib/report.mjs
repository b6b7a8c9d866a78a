import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { ratioOf, summary } from './measure.mjs';

/**
 * One line of the table. Figures are lists with one number for each round.
 * @param {object} line
 * @param {string} line.what what was measured
 * @param {string} line.unit of the figures
 * @param {string} line.goal in words
 * @param {number[]} line.ours
 * @param {{name: string, figures: number[], atLeast?: number, atMost?: number}[]} [line.peers] with the ratio, ours to theirs, that is the goal
 * @param {number} [line.atLeast] a goal of its own for the median
 * @param {number} [line.atMost]
 * @param {string} [line.cost] CPU and the like, for reading
 * @param {string} [line.bound] what bounds it where the goal is missed
 */
export function row({ what, unit, goal, ours, peers = [], atLeast, atMost, cost, bound }) {
  const compared = peers.map(({ name, figures, ...wanted }) => {
    const ratio = ratioOf(ours, figures);
    return { name, ...summary(figures), ratio, met: isWithin(ratio, wanted) };
  });
  const own = summary(ours);
  const met = isWithin(own.median, { atLeast, atMost }) && compared.every((peer) => peer.met);
  return { what, unit, goal, ours: own, peers: compared, cost, bound: met ? undefined : bound, met };
}

function isWithin(value, { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }) {
  return value >= atLeast && value <= atMost;
}

/** Where and with what it ran. */
export function machine(postgresVersion) {
  const versionOf = (name) =>
    JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8'))
      .version;
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    cpus: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgres: postgresVersion,
    'graphile-worker': versionOf('graphile-worker'),
    'pg-boss': versionOf('pg-boss'),
  };
}

export function loadNow() {
  return Number(loadavg()[0].toFixed(1));
}

const number = (value) =>
  value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)));
const spread = ({ median, lowest, highest }) =>
  lowest === highest ? number(median) : `${number(median)} (${number(lowest)}-${number(highest)})`;

export function markdown({ machine: { date, commit, cpus: processors, memoryGb, ...versions }, sections }) {
  const lines = [
    `${date}, commit ${commit}, ${processors}, ${memoryGb} GB; ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    '',
  ];
  for (const { title, rounds, load, rows } of sections) {
    lines.push(
      `## ${title}`,
      '',
      `${rounds} rounds, load ${load.before} before and ${load.after} after.`,
      '',
      '| what | goal | ours | peers | ratio | verdict | limit |',
      '|---|---|---|---|---|---|---|',
      ...rows.map(
        ({ what, unit, goal, ours, peers, cost, bound, met }) =>
          `| ${what} | ${goal} | ${spread(ours)} ${unit}${cost ? `; ${cost}` : ''} | ${peers
            .map((peer) => `${peer.name} ${spread(peer)}`)
            .join(
              ', ',
            )} | ${peers.map(({ ratio }) => number(ratio)).join(', ')} | ${met ? 'met' : 'missed'} | ${bound ?? ''} |`,
      ),
      '',
    );
  }
  return lines.join('\n');
}
