import * as z from 'zod';
import { listOf } from './setting-values.ts';

/** One setting of the server: its schema with the default, where it is set, and its row in docs/configuration.md. */
export interface Setting<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  /** What it does: a phrase for the documentation. */
  readonly meaning: string;
  /** Flag of `ocpctl server`. */
  readonly flag?: string;
  /** Environment variable. */
  readonly variable?: string;
  /** Reads the variable, if the schema's type does not say how. */
  readonly parse?: (text: string) => unknown;
  /** The default in words, if it is not one value. */
  readonly fallback?: string;
}

export type Settings = Readonly<Record<string, Setting>>;
export type ShapeOf<S extends Settings> = { readonly [Name in keyof S]: S[Name]['schema'] };

export function setting<Schema extends z.ZodType>(
  schema: Schema,
  documentation: Omit<Setting, 'schema'>,
): Setting<Schema> {
  return { schema, ...documentation };
}

export function shapeOf<S extends Settings>(settings: S): ShapeOf<S> {
  const entries = Object.entries(settings).map(([name, { schema }]) => [name, schema]);
  return Object.fromEntries(entries) as ShapeOf<S>;
}

/** @returns what the environment says, unchecked. An empty variable counts as not set: compose files and units cannot remove one. */
export function valuesFromEnvironment(settings: Settings, env: NodeJS.ProcessEnv): Record<string, unknown> {
  const given = Object.entries(settings).flatMap(([name, { schema, variable, parse }]) => {
    const text = variable === undefined ? undefined : env[variable];
    return text ? [[name, parse ? parse(text) : parseAs(schema, text)]] : [];
  });
  return Object.fromEntries(given);
}

/** Lists are comma-separated; what is not a number becomes NaN, which the schema rejects. */
function parseAs(schema: z.ZodType, text: string): unknown {
  switch (typeOf(schema)) {
    case 'number':
      return Number(text);
    case 'array':
      return listOf(text);
    case 'boolean':
      return ['1', 'true', 'yes'].includes(text);
    default:
      return text;
  }
}

function typeOf(schema: z.core.$ZodType): string {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? typeOf(schema.unwrap())
    : schema._zod.def.type;
}

/** The settings of the kernel, of HTTP or of one module: their schema, and where they stand in the environment. */
export interface SettingsPart<Shape extends z.ZodRawShape, Config> {
  readonly shape: Shape;
  /** Other defaults where a simulated cloud replaces the real one. */
  readonly sandboxDefaults?: Readonly<Record<string, unknown>>;
  fromEnvironment(env: NodeJS.ProcessEnv): Record<string, unknown>;
  /** @throws SetupError for combinations that would lose data, expose something or cannot work */
  assertUsable(config: Config): void;
}
