const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;
export type Style = keyof typeof STYLES;

/** Applies a style to a text; returns it unchanged if color is off. */
export type Paint = (style: Style, text: string) => string;

/** @returns a Paint that applies styles, or one that returns every text unchanged. */
export function painter(enabled: boolean): Paint {
  if (!enabled) return (_style, text) => text;
  return (style, text) => {
    const [open, close] = STYLES[style];
    return `\u001b[${open}m${text}\u001b[${close}m`;
  };
}

const STATUS_STYLES: Readonly<Record<string, Style>> = {
  READY: 'green',
  SUCCEEDED: 'green',
  FAILED: 'red',
  DESTROY_FAILED: 'red',
  PENDING: 'yellow',
  CREATING: 'yellow',
  SCALING: 'yellow',
  DESTROYING: 'yellow',
  RUNNING: 'yellow',
  RETRYING: 'yellow',
  DESTROYED: 'dim',
  CANCELLED: 'dim',
};

/** @returns the style for the status of a cluster or job, if any. */
export function statusStyle(status: string): Style | undefined {
  return STATUS_STYLES[status];
}
