/** Where what names no environment is put. */
export const DEFAULT_ENVIRONMENT = 'default';
