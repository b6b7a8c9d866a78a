import { createHash } from 'node:crypto';
import type { SecretStore } from './secret-store.ts';

/** A server opens the same few secrets again and again; the oldest are forgotten when it has seen very many. */
const MAX_REMEMBERED = 5_000;
/** What is no text, as a key of 32 random bytes, appears in no log. */
const REPLACEMENT_CHARACTER = '\ufffd';

/**
 * The same store, with every secret that passes through it made known to the redactor: from then on it is taken out of every line,
 * whatever process stored it and whatever form it has (G15).
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
