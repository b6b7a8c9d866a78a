/** Something that a simulated cloud does wrong on demand. */
export interface CloudFault {
  readonly id: string;
  /** The preset that it comes from; null for one that was written by hand. */
  readonly preset: string | null;
  /** Where in an installer's run it strikes. */
  readonly stage: string;
  readonly kind: string;
  /** Only for this cluster; null: for every one. */
  readonly clusterName: string | null;
  /** How often it strikes; null: always. */
  readonly times: number | null;
  /** How often it did; counted only with `times`. */
  readonly used: number;
}

export interface CloudFaultPreset {
  readonly name: string;
  readonly description: string;
}

export interface CloudFaultRequest {
  /** Names of presets, all known. */
  readonly presets: readonly string[];
  readonly clusterName?: string | undefined;
  readonly times?: number | undefined;
}

/** What a simulated cloud can be told to do wrong. */
export interface CloudFaults {
  presets(): CloudFaultPreset[];
  list(): Promise<CloudFault[]>;
  /** Puts these in the place of all that are in force. */
  replace(order: CloudFaultRequest): Promise<CloudFault[]>;
}
