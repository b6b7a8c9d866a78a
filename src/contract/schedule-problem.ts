/** What reads an expression: `Cron` of the package croner, which both sides bring. */
type ReadExpression = (expression: string) => { nextRun(): Date | null };

const FIELDS = ['minute', 'hour', 'day', 'month', 'weekday'];

/** Why an expression is not a schedule; undefined if it is one. */
export function scheduleProblem(expression: string, read: ReadExpression): string | undefined {
  const words = expression.trim().split(/\s+/);
  // Nicknames such as @daily are one word. Other single words could be a date.
  if (words.length !== FIELDS.length && !expression.startsWith('@'))
    return `"${expression}" is not a schedule: it has ${words.length} of the five fields ${FIELDS.join(', ')}`;
  try {
    if (read(expression).nextRun() !== null) return undefined;
    return `"${expression}" is not a schedule: its time never comes`;
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const reason = error.message.replace(/^\w+: /, '').replace(/\.$/, '');
    return `"${expression}" is not a schedule: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
  }
}
