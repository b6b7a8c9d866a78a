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

/** The values of a table of settings, checked, with their defaults. */
export type SettingValues<S extends Settings> = z.output<z.ZodObject<ShapeOf<S>>>;

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

/** A table of docs/configuration.md. */
export interface SettingsSection {
  readonly title: string;
  /** What is said before the table. */
  readonly introduction?: string;
  readonly settings: Settings;
}

/** The settings of one module. Their names are unique in the whole server. */
export interface ModuleSettings<Config extends object = object> {
  readonly sections: readonly SettingsSection[];
  /** Other defaults where a simulated cloud replaces the real one. */
  readonly sandboxDefaults?: Readonly<Record<string, unknown>>;
  /** What the environment says besides the variables of the settings. */
  fromEnvironment?(env: NodeJS.ProcessEnv): Record<string, unknown>;
  /** @throws SetupError for combinations that would lose data, expose something or cannot work */
  assertUsable?(config: Config): void;
}

/** All settings of the modules of a union, as one table. */
export type SettingsOf<Module extends { readonly settings: ModuleSettings }> = Intersection<
  Module['settings']['sections'][number]['settings'] | Record<never, never>
>;

type Intersection<Union> = (Union extends unknown ? (part: Union) => void : never) extends (
  all: infer All extends Settings,
) => void
  ? All
  : never;
