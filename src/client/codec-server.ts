import { loadConfig } from '../config.ts';
import { startCodecServer } from '../encryption/codec-server.ts';
import { dataConverterOf } from '../encryption/payload-codec.ts';
import { PromoterError } from '../errors.ts';
import { aborted, listenForInterruption } from './interruption.ts';
import type { CommandOutput } from './output.ts';

/** Where the UI of a development server is. */
const UI = 'http://localhost:8233';

/** Serves until a signal asks it to end. @throws PromoterError `ConfigInvalid` without keys, `UsageInvalid` */
export async function runCodecServer(
  flags: { readonly config?: string; readonly uiAddress?: string; readonly host: string; readonly port: number },
  output: CommandOutput,
): Promise<void> {
  const { encryption, uiAddress = UI } = await loadConfig(flags);
  const [codec] = dataConverterOf(encryption).dataConverter?.payloadCodecs ?? [];
  if (codec === undefined) {
    throw new PromoterError(
      'ConfigInvalid',
      'there is nothing to decrypt with: name the folder of keys with encryption.keys in promoter.yaml, or PROMOTER_ENCRYPTION_KEYS',
    );
  }
  const interruption = listenForInterruption();
  const { host, port } = flags;
  const server = await startCodecServer({ codec, host, port, origin: new URL(uiAddress).origin });
  try {
    output.stdout.write(`${server.url}\n`);
    await aborted(interruption.signal);
  } finally {
    await server.close();
    interruption.close();
  }
}
