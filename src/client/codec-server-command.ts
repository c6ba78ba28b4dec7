import { Command } from 'commander';
import { addConfigOption } from './common-options.ts';
import { numberOption } from './number-option.ts';
import type { CommandOutput } from './output.ts';

interface CodecServerFlags {
  readonly config?: string;
  readonly uiAddress?: string;
  readonly host: string;
  readonly port: number;
}

const HELP = `
Whoever reaches it reads what is encrypted: leave it on loopback, or put a proxy before it that asks who it is.
In Temporal's UI: Data Encoder → Remote Codec Endpoint. For the temporal command: --codec-endpoint.
`;

/** The command that lets Temporal's UI show encrypted payloads. */
export function codecServerCommand(output: CommandOutput): Command {
  const command = new Command('codec-server')
    .description("decrypt payloads for Temporal's UI and command line, until told to stop")
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(numberOption('--port <number>', 'port to listen on', { from: 0, to: 65_535 }).default(8234))
    .option('--ui-address <url>', "address of Temporal's UI, whose pages may ask (TEMPORAL_UI_ADDRESS)");
  return addConfigOption(command)
    .addHelpText('after', HELP)
    .action(async (flags: CodecServerFlags) => {
      const { runCodecServer } = await import('./codec-server.ts');
      await runCodecServer(flags, output);
    });
}
