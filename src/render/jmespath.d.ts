/** The package has no types of its own. */
declare module 'jmespath' {
  interface Jmespath {
    readonly search: (document: unknown, expression: string) => unknown;
    readonly compile: (expression: string) => unknown;
    readonly tokenize: (expression: string) => { readonly start: number; readonly value: unknown }[];
  }
  const jmespath: Jmespath;
  export default jmespath;
}
