/** Names the program that the cases are run on instead of this one. */
export const PEER = 'CONFORMANCE_PEER';

/** Flags that are this program's alone, and mean to a peer that has never had them what it does anyway. */
const OURS = /^--(?:json|strict|on-failure=.*)$/;

/** What a kpromo needs to run without a network, and to sign (its own variables and those of its libraries). */
const PASSED_ON =
  /^(?:TUF_ROOT|SSL_CERT_(?:FILE|DIR)|(?:HTTPS?|NO)_PROXY|SIGSTORE_\w+|GOOGLE_APPLICATION_CREDENTIALS)$/;

/** A command as a peer is given it. */
export interface PeerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The command for the peer that the environment names; nothing when it names none. */
export function peerCommand(args: readonly string[], environment: NodeJS.ProcessEnv): PeerCommand | undefined {
  const program = environment[PEER];
  if (program === undefined) return undefined;
  const passed = Object.entries(environment).filter(
    (entry): entry is [string, string] => PASSED_ON.test(entry[0]) && entry[1] !== undefined,
  );
  return { program, args: args.filter((arg) => !OURS.test(arg)), env: Object.fromEntries(passed) };
}
