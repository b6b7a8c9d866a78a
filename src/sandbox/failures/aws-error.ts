/** An error of the AWS SDK for Go v2, as it appears inside the installer's messages. */
export function aws(
  service: string,
  operation: string,
  status: number,
  code: string,
  message: string,
): string {
  return `operation error ${service}: ${operation}, https response error StatusCode: ${status}, RequestID: 5f0c8a52-0d4e-4c57-9a35-7f1d5f2c6b11, api error ${code}: ${message}`;
}

export function ec2(operation: string, status: number, code: string, message: string): string {
  return aws('EC2', operation, status, code, message);
}

export function route53(code: string, message: string): string {
  return aws('Route 53', 'ChangeResourceRecordSets', 400, code, message);
}
