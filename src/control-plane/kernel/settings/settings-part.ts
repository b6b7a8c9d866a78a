import type * as z from 'zod';

/** The settings of the kernel, of HTTP or of one module: their schema, and where they stand in the environment. */
export interface SettingsPart<Shape extends z.ZodRawShape, Config> {
  readonly shape: Shape;
  /** Other defaults where a simulated cloud replaces the real one. */
  readonly sandboxDefaults?: Readonly<Record<string, unknown>>;
  fromEnvironment(env: NodeJS.ProcessEnv): Record<string, unknown>;
  /** @throws SetupError for combinations that would lose data, expose something or cannot work */
  assertUsable(config: Config): void;
}
