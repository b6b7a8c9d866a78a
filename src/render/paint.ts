const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;
export type Style = keyof typeof STYLES;

/** Puts a style around a text, or not when colours are off. */
export type Paint = (style: Style, text: string) => string;

/** @returns a painter for a stream that takes colours, or one that leaves every text as it is. */
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

/** @returns the style of a cluster's or job's status, if it has one. */
export function statusStyle(status: string): Style | undefined {
  return STATUS_STYLES[status];
}
