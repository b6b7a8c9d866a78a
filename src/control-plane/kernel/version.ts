declare const OCPCTL_VERSION: string | undefined;

/** Of the package; put in by the build. */
export const VERSION = typeof OCPCTL_VERSION === 'string' ? OCPCTL_VERSION : '0.0.0-source';
