/** Go's `time.Kitchen` in UTC, as the installer prints it: `2:52PM UTC`. */
export function kitchenTime(at: Date): string {
  const hours = at.getUTCHours();
  const minutes = String(at.getUTCMinutes()).padStart(2, '0');
  return `${hours % 12 === 0 ? 12 : hours % 12}:${minutes}${hours < 12 ? 'AM' : 'PM'} UTC`;
}

/** `Waiting up to 15m0s (until 2:52PM UTC) <what>` */
export function waitingUpTo(minutes: number, what: string, now = new Date()): string {
  const until = new Date(now.getTime() + minutes * 60_000);
  return `Waiting up to ${minutes}m0s (until ${kitchenTime(until)}) ${what}`;
}

/** Whole seconds as Go prints a duration: `41m1s`, `12s`, `1h0m5s`. */
export function goDuration(ms: number): string {
  const total = Math.round(ms / 1000);
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  return `${hours > 0 ? `${hours}h` : ''}${total >= 60 ? `${minutes}m` : ''}${total % 60}s`;
}
