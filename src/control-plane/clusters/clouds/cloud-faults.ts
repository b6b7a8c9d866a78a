/** A fault of the simulated cloud. */
export interface CloudFault {
  readonly id: string;
  /** The preset it comes from; null if it was written by hand. */
  readonly preset: string | null;
  /** Stage of the installer at which it occurs. */
  readonly stage: string;
  readonly kind: string;
  /** Only for this cluster; null for all clusters. */
  readonly clusterName: string | null;
  /** How many times it occurs; null for always. */
  readonly times: number | null;
  /** How many times it has occurred; counted only if `times` is set. */
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

/** The faults of the simulated cloud. */
export interface CloudFaults {
  presets(): CloudFaultPreset[];
  list(): Promise<CloudFault[]>;
  /** Replaces all active faults. */
  replace(order: CloudFaultRequest): Promise<CloudFault[]>;
}
