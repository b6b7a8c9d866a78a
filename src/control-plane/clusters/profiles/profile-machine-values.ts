import * as z from 'zod';

const MAX_MACHINES = 500;

/** Values of `compute` that several of its fields have. */
export const instanceType = z.string().min(1).max(64);
export const machines = z.int().min(0).max(MAX_MACHINES);
