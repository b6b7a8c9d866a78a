import type { Db } from '../db/db.ts';

export interface GaugeDefinition {
  /** Without the prefix `ocpctl_`; unique among kernel and modules. With its unit: `queue_oldest_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface GaugeSample {
  /** Of one of the source's gauges. */
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Figures that are read from the database each time that metrics are asked for. */
export interface GaugeSource {
  readonly gauges: readonly GaugeDefinition[];
  /** @returns the samples of now. A gauge with labels and no sample has no line; one without labels is 0. */
  read(db: Pick<Db, 'query'>): Promise<readonly GaugeSample[]>;
}
