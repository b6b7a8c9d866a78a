import { createHash } from 'node:crypto';
import type { SecretStore } from './secret-store.ts';

/** Bounds the memory; a server opens the same few secrets again and again. */
const MAX_REMEMBERED = 5_000;
/** In the text of a secret that is not UTF-8, for example a random key; such a secret never appears in a log. */
const REPLACEMENT_CHARACTER = '\ufffd';

/**
 * Registers every secret that is stored or opened with the redactor, which removes it from all log lines from then on (G15).
 */
export function withRedaction<Store extends SecretStore>(
  store: Store,
  register: (value: string) => () => void,
): Store {
  const known = new Map<string, () => void>();
  const remember = (secret: Uint8Array): void => {
    const text = Buffer.from(secret).toString('utf8');
    const digest = createHash('sha256').update(secret).digest('base64');
    if (text.includes(REPLACEMENT_CHARACTER) || known.has(digest)) return;
    known.set(digest, register(text));
    const [oldest] = known;
    if (known.size <= MAX_REMEMBERED || !oldest) return;
    oldest[1]();
    known.delete(oldest[0]);
  };
  return {
    ...store,
    async put(q, secretId, plaintext) {
      remember(plaintext);
      await store.put(q, secretId, plaintext);
    },
    async open(q, secretId) {
      const secret = await store.open(q, secretId);
      if (secret) remember(secret);
      return secret;
    },
  };
}
