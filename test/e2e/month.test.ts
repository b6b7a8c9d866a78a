import { expect, test } from 'vitest';
import { Random } from '../chaos/marathon/random.ts';
import { costOf, type LifeOfCluster, readRate } from '../month/cost.ts';
import { MonthInstallation, PROFILE } from '../month/installation.ts';
import { makePlan } from '../month/plan.ts';
import { Receiver } from '../month/receiver.ts';
import { Simulation } from '../month/simulation.ts';
import { openPostgresSite, SHORT_LEASE } from './open-site.ts';

// `npm run test:month` simulates five weeks with 200 clusters; here, days around a change of the clocks in Berlin.
const SIZE = {
  seed: Number(process.env['OCPCTL_MONTH_SEED'] ?? 1),
  start: new Date(process.env['OCPCTL_MONTH_START'] ?? '2027-10-29T00:00:00Z'),
  days: Number(process.env['OCPCTL_MONTH_DAYS'] ?? 4),
  clusters: Number(process.env['OCPCTL_MONTH_CLUSTERS'] ?? 8),
  servers: 3,
};
const TIME_LIMIT_MS = 3_600_000;

test(
  'G3, G17: through a month of creates, deadlines, off-hours and restarts nothing lives too long, and everything is paid for',
  async () => {
    const plan = makePlan(SIZE);
    const receiver = new Receiver(new Random(SIZE.seed));
    const site = await openPostgresSite({
      ...SHORT_LEASE,
      OCPCTL_EXPIRY_INTERVAL_MS: '15000',
      OCPCTL_NOTIFICATION_NETWORKS: '127.0.0.0/8',
      OCPCTL_TEAM_ACTIVE_CLUSTERS: '1000',
      OCPCTL_TEAM_CONCURRENT_CREATES: '1000',
    });
    const installation = new MonthInstallation(site);
    const simulation = new Simulation(installation, plan, receiver);
    try {
      await simulation.start(SIZE.servers);
      await simulation.run();
      await simulation.settle();

      expect(simulation.violations).toEqual([]);
      expect(simulation.facts.map(({ status }) => status)).toEqual(plan.clusters.map(() => 'DESTROYED'));
      expect(await site.site.cloud()).toEqual([]);
      expect(site.site.overlaps()).toEqual([]);

      const { events, problems } = receiver;
      expect(problems).toEqual([]);
      const published = await installation.query('select id from published_events');
      expect([...events.keys()].sort()).toEqual(published.map(({ id }) => id).sort());

      const warnings = [...events.values()].filter(({ type }) => type.endsWith('cluster.expiring'));
      const deadlines = warnings.map(({ subject, data }) => `${subject} ${data['expiresAt']}`);
      expect(new Set(deadlines).size).toBe(deadlines.length);
      const expired = [...events.values()].filter(({ type }) => type.endsWith('cluster.expired'));
      expect(expired.length).toBeGreaterThan(0);
      for (const { subject, data } of expired) expect(deadlines).toContain(`${subject} ${data['expiresAt']}`);

      const rate = readRate({ replicas: 3, type: 'm6i.xlarge' }, 'm6i.2xlarge');
      const lives = await simulation.lives();
      const reported = await installation.reportCost(plan.start, simulation.now);
      const cents = (dollars: number) => Math.round(dollars * 100);
      const expected = lives.map(({ id, ...life }) => [id, cents(costOf(life, rate))]);
      expect(Object.fromEntries(reported.map(({ key, cost }) => [key, cents(cost)]))).toEqual(
        Object.fromEntries(expected),
      );
      const scales = lives.flatMap((life: LifeOfCluster) => life.scales).length;
      process.stderr.write(
        `seed ${SIZE.seed}: ${SIZE.days} days, ${lives.length} clusters of profile ${PROFILE}, ${simulation.steps} steps, ${scales} scales, ${plan.restarts.length} restarts, ` +
          `${events.size} events (${receiver.repeated} delivered again), ${warnings.length} warnings, $${reported.reduce((sum, { cost }) => sum + cost, 0).toFixed(2)}\n`,
      );
    } finally {
      await receiver.close();
    }
  },
  TIME_LIMIT_MS,
);
