import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { closeFrame, FrameTracker } from '../../../../src/control-plane/apps/edge/proxy/websocket-frames.ts';

/** A frame with a payload of `length`, as RFC 6455 §5.2 has it. */
function frame(opcode: number, length: number, masked: boolean): Buffer {
  const head = [0x80 | opcode];
  const mask = masked ? 0x80 : 0;
  if (length < 126) head.push(mask | length);
  else if (length < 65_536) head.push(mask | 126, length >> 8, length & 0xff);
  else
    head.push(
      mask | 127,
      0,
      0,
      0,
      0,
      (length >> 24) & 0xff,
      (length >> 16) & 0xff,
      (length >> 8) & 0xff,
      length & 0xff,
    );
  if (masked) head.push(1, 2, 3, 4);
  return Buffer.concat([Buffer.from(head), Buffer.alloc(length, 0x88)]);
}

const frames = fc.array(
  fc.record({
    opcode: fc.constantFrom(0, 1, 2, 9, 10),
    length: fc.oneof(fc.nat(130), fc.constantFrom(0, 125, 126, 127, 65_535, 65_536, 70_000)),
    masked: fc.boolean(),
  }),
  { maxLength: 6 },
);

test('the end of each frame is found, however the bytes are cut', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1 }), (sent, sizes) => {
      const parts = sent.map(({ opcode, length, masked }) => frame(opcode, length, masked));
      const bytes = Buffer.concat(parts);
      const ends = new Set([0]);
      for (const part of parts) ends.add(Math.max(...ends) + part.length);
      const tracker = new FrameTracker();
      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const chunk = bytes.subarray(at, at + (sizes[i % sizes.length] ?? 1));
        at += tracker.advance(chunk, i % 2 === 0);
        expect(tracker.isAtBoundary).toBe(ends.has(at));
      }
      expect(tracker.isClosed).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test.each([true, false])('a close frame is seen as one (masked: %s)', (masked) => {
  const tracker = new FrameTracker();
  tracker.advance(Buffer.concat([frame(1, 200, masked), closeFrame(1001, masked)]));
  expect(tracker.isClosed).toBe(true);
  expect(tracker.isAtBoundary).toBe(true);
});
