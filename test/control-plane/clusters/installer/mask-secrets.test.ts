import { describe, expect, it } from 'vitest';
import { maskSecrets } from '../../../../src/control-plane/clusters/installer/mask-secrets.ts';

describe('G15: maskSecrets', () => {
  it.each([
    ['Login to the console with user: "kubeadmin", and password: "aB3dE-fGh1J-kLm2N-pQr3S"', 'aB3dE'],
    ['kubeadmin is aB3dE-fGh1J-kLm2N-pQr3S now', 'aB3dE'],
    ['{"auths":{"quay.io":{"auth":"c2VjcmV0"}}}', 'c2VjcmV0'],
    [String.raw`value: "{\"auths\":{\"quay.io\":{\"auth\":\"c2VjcmV0\"}}}" refused`, 'c2VjcmV0'],
    [String.raw`value: "{\\\"auths\\\":{\\\"quay.io\\\":{\\\"auth\\\":\\\"c2VjcmV0`, 'c2VjcmV0'],
    ['pullSecret: Invalid value: "c2VjcmV0 not even json": invalid character', 'c2VjcmV0'],
    ['pullSecret: Invalid value: "c2VjcmV0 cut', 'c2VjcmV0'],
    ['aws_secret_access_key=c2VjcmV0/x+y', 'c2VjcmV0'],
    ['InvalidClientTokenId for AKIAIOSFODNN7EXAMPLE', 'AKIA'],
    ['GET https://b.s3.amazonaws.com/x?X-Amz-Signature=c2VjcmV0&X-Amz-Expires=1', 'c2VjcmV0'],
    ['Authorization: Bearer c2VjcmV0c2VjcmV0', 'c2VjcmV0'],
    ['token sha256~c2VjcmV0', 'c2VjcmV0'],
    ['-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0', 'c2VjcmV0'],
    ['proxy http://me:c2VjcmV0@proxy.example.com:3128', 'c2VjcmV0'],
    ['X-Auth-Token: c2VjcmV0', 'c2VjcmV0'],
    ['UserData: c2VjcmV0, BlockDeviceMappings', 'c2VjcmV0'],
  ])('hides the secret in %s', (text, secret) => {
    expect(maskSecrets(text)).toContain('(hidden)');
    expect(maskSecrets(text)).not.toContain(secret);
  });

  it('leaves ids, addresses and reasons alone', () => {
    const text =
      'Deleted arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0aa of demo-4cqs4 (7746c915-cc90-4850-905d-f0228526b226), https://api.demo.example.com:6443';
    expect(maskSecrets(text)).toBe(text);
  });

  it('shortens what an account could decode', () => {
    expect(
      maskSecrets('UnauthorizedOperation: not allowed. Encoded authorization failure message: x8Vq'),
    ).toMatch(/message: \(encoded\)$/);
  });
});
