/** One way of authenticating that a server offers (RFC 9110 section 11.6.1). Scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const SCHEME = new RegExp(`[\\s,]*(${TOKEN})(?=$|[\\s,])`, 'y');
const TOKEN68 = /\s+[\w.~+/-]+=*[ \t]*(?=$|,)/y;
const PARAMETER = new RegExp(
  `[\\s,]*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))[ \\t]*(?=$|[,\\s])`,
  'y',
);

/**
 * Reads a `WWW-Authenticate` header with any number of challenges. A comma separates challenges as well as their
 * parameters; what tells them apart is that a parameter has an `=`. Stops at the first thing that is neither, and returns
 * what came before.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let position = 0;
  for (;;) {
    const scheme = matchAt(SCHEME, header, position);
    if (scheme === undefined) return challenges;
    position = scheme.end;
    const parameters: Record<string, string> = Object.create(null) as Record<string, string>;
    for (;;) {
      const parameter = matchAt(PARAMETER, header, position);
      if (parameter === undefined) break;
      position = parameter.end;
      const [, name = '', quoted, plain = ''] = parameter.match;
      parameters[name.toLowerCase()] ??= quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
    }
    challenges.push({ scheme: (scheme.match[1] ?? '').toLowerCase(), parameters });
    position = matchAt(TOKEN68, header, position)?.end ?? position;
  }
}

/** The challenge that can be met best: a token, which is worth less when stolen, before a password. */
export function bestChallenge(header: string): Challenge | undefined {
  const challenges = parseChallenges(header);
  return (
    challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters['realm'] !== undefined) ??
    challenges.find(({ scheme }) => scheme === 'basic')
  );
}

function matchAt(pattern: RegExp, text: string, position: number) {
  pattern.lastIndex = position;
  const match = pattern.exec(text);
  return match === null ? undefined : { match, end: pattern.lastIndex };
}
