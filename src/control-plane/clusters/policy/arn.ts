/** The account in an ARN: its fifth part (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html). */
export function accountOfRole(role: string): string {
  return role.split(':')[4] ?? '';
}
