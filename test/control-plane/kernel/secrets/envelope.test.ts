import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  openEnvelope,
  rewrapEnvelope,
  sealEnvelope,
} from '../../../../src/control-plane/kernel/secrets/envelope.ts';

const kek = { id: 'kek_1', bytes: randomBytes(32) };
const address = { ownerId: 'clu_1', kind: 'kubeconfig' };
const secret = Buffer.from('kind: Config');

describe('an envelope', () => {
  it('opens to what was sealed, also nothing', () => {
    expect(openEnvelope(kek, address, sealEnvelope(kek, address, secret))).toEqual(secret);
    expect(openEnvelope(kek, address, sealEnvelope(kek, address, Buffer.alloc(0)))).toHaveLength(0);
  });

  it('G15: is another each time and shows nothing', () => {
    const [one, two] = [sealEnvelope(kek, address, secret), sealEnvelope(kek, address, secret)];
    expect(Buffer.from(one.sealed).equals(two.sealed)).toBe(false);
    expect(Buffer.from(one.wrappedDek).equals(two.wrappedDek)).toBe(false);
    expect(Buffer.from(one.sealed).includes('Config')).toBe(false);
  });

  it('G15: does not open elsewhere, or under another key or id of a key', () => {
    const envelope = sealEnvelope(kek, address, secret);
    const elsewhere = [
      { ...address, ownerId: 'clu_2' },
      { ...address, kind: 'pull-secret' },
      { ownerId: 'clu_1","kubeconfig', kind: '' },
    ];
    for (const other of elsewhere) expect(() => openEnvelope(kek, other, envelope)).toThrow();
    expect(() => openEnvelope({ ...kek, bytes: randomBytes(32) }, address, envelope)).toThrow();
    expect(() => openEnvelope({ ...kek, id: 'kek_2' }, address, envelope)).toThrow();
    const other = sealEnvelope(kek, address, secret);
    expect(() => openEnvelope(kek, address, { ...envelope, wrappedDek: other.wrappedDek })).toThrow();
  });

  it('G15: notices each changed or missing byte, tags cut short included', () => {
    const envelope = sealEnvelope(kek, address, secret);
    for (const part of ['sealed', 'wrappedDek'] as const) {
      for (let at = 0; at < envelope[part].length; at++) {
        const changed = Buffer.from(envelope[part]);
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
        expect(() => openEnvelope(kek, address, { ...envelope, [part]: changed }), `${part} ${at}`).toThrow();
        const cut = Buffer.from(envelope[part]).subarray(0, at);
        expect(() => openEnvelope(kek, address, { ...envelope, [part]: cut }), `${part} to ${at}`).toThrow();
      }
    }
  });

  it('opens under a new key after a rewrap, and no more under the old one', () => {
    const next = { id: 'kek_2', bytes: randomBytes(32) };
    const envelope = sealEnvelope(kek, address, secret);
    const rewrapped = { ...envelope, ...rewrapEnvelope(kek, next, address, envelope) };
    expect(rewrapped.kekId).toBe('kek_2');
    expect(openEnvelope(next, address, rewrapped)).toEqual(secret);
    expect(() => openEnvelope(kek, address, rewrapped)).toThrow();
  });
});
