/** Shorter values would hide ordinary words. */
export const MIN_SECRET_CHARACTERS = 8;
/** In a document, such as a kubeconfig, only long unbroken runs are secret; the rest is structure. */
const DOCUMENT_PART = /[A-Za-z0-9+/_=-]{24,}/g;

/**
 * The forms in which a secret can appear in a line: plain, JSON-escaped (once, or twice in a quoted log line), URL-encoded, and in
 * base64 and base64url, also within a longer encoded text.
 */
export function formsOf(value: string): string[] {
  const whole = value.trim();
  const parts = /[\n{]/.test(whole) ? (whole.match(DOCUMENT_PART) ?? []) : [];
  const forms = [value, whole, ...parts].flatMap((text) => [
    ...plainForms(text),
    ...base64Forms(text),
    ...base64Forms(text).map(toBase64Url),
  ]);
  return [...new Set(forms)].filter((form) => form.length >= MIN_SECRET_CHARACTERS);
}

function plainForms(text: string): string[] {
  if (text.length < MIN_SECRET_CHARACTERS) return [];
  const once = escapeJson(text);
  const url = encodeURIComponent(text);
  const strictUrl = url.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  // Go escapes <, > and & in JSON.
  const html = once.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
  return [text, once, escapeJson(once), html, url, strictUrl, strictUrl.replaceAll('%20', '+')];
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Base64 of the value, and the characters that it yields within the encoding of a longer text (3 alignments). */
function base64Forms(text: string): string[] {
  if (text.length < MIN_SECRET_CHARACTERS) return [];
  const bytes = Buffer.from(text);
  const inside = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const firstWhole = Math.ceil((shift * 8) / 6);
    const afterWhole = Math.floor(((shift + bytes.length) * 8) / 6);
    return encoded.slice(firstWhole, afterWhole);
  });
  return [bytes.toString('base64'), ...inside];
}

function toBase64Url(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
