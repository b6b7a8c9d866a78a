import type { Io } from '../output/io.ts';
import { confirmConsequence, type PromptPolicy } from '../output/prompt.ts';
import type { ConfigFile } from './context-file.ts';

/**
 * Confirms that the only copy of a secret key goes with a context: the server cannot show it again.
 * @param kept the key that the context has afterwards
 * @throws UsageError unless it is confirmed
 */
export async function confirmLossOfKey(
  {
    io,
    promptPolicy,
    file,
  }: { readonly io: Io; readonly promptPolicy: PromptPolicy; readonly file: ConfigFile },
  name: string,
  { yes, kept }: { readonly yes: boolean; readonly kept?: string | undefined },
): Promise<void> {
  const context = Object.hasOwn(file.contexts, name) ? file.contexts[name] : undefined;
  const keyId = context?.accessKeyId;
  if (keyId === undefined || context?.secretAccessKey === undefined || keyId === kept) return;
  const hasCopy = Object.entries(file.contexts).some(
    ([other, { accessKeyId, secretAccessKey }]) =>
      other !== name && accessKeyId === keyId && secretAccessKey !== undefined,
  );
  if (hasCopy) return;
  const consequence = `context ${name} has the only copy here of the secret of key ${keyId}, which no one can show again`;
  await confirmConsequence(io, promptPolicy, { consequence, yes });
}
