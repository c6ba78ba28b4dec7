/** A command that a page tells its readers to give, and what the page says comes of it. */
export interface ShownCommand {
  /** The page, relative to the project. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Without the prompt and without a comment behind it; continued lines are joined. */
  readonly text: string;
  /** The lines below it, in blocks with prompts. Empty where the page shows none. */
  readonly output: readonly string[];
}

const BLOCK = /^```(sh|bash|console)\n(.*?)^```/gms;
const PROMPTED = /^\$ ((?:.*\\\n)*.*)\n/gm;
const ALONE = /^((?:.*\\\n)*.*)\n/gm;
const COMMENT = /(?:^|\s+)# .*$/;
const WORD = /&&|\|\|?|;|>>?|(?:'[^']*'|"[^"]*"|[^\s'"|;&>])+/g;

/** The commands in a page's `sh`, `bash` and `console` blocks, in their order. */
export function shownCommands(file: string, page: string): readonly ShownCommand[] {
  return [...page.matchAll(BLOCK)].flatMap(({ index: block, 0: whole, 1: kind, 2: body = '' }) => {
    const found = [...body.matchAll(kind === 'console' ? PROMPTED : ALONE)];
    return found.flatMap(({ index, 0: shown, 1: text = '' }, at) => {
      const before = page.slice(0, block + whole.indexOf('\n') + 1 + index);
      const output = body.slice(index + shown.length, found[at + 1]?.index);
      const command = text.replaceAll(/ *\\\n */g, ' ').replace(COMMENT, '');
      return command === ''
        ? []
        : [{ file, line: before.split('\n').length, text: command, output: output.split('\n').slice(0, -1) }];
    });
  });
}

/** The simple commands of a line as words, quotes taken off. */
export function simpleCommands(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  for (const [word] of line.matchAll(WORD)) {
    if (/^[|;&>]/.test(word)) commands.push([]);
    else commands.at(-1)?.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return commands;
}

/** The arguments that a simple command gives to `promoter`, by itself or through npm; undefined where it is another. */
export function promoterArguments(command: readonly string[]): readonly string[] | undefined {
  const words = command.slice(command.findIndex((word) => !/^[A-Z_]+=/.test(word)));
  if (words[0] === 'promoter') return words.slice(1);
  const npm = ['npm', 'run', '-s', 'promoter', '--'];
  return npm.every((word, at) => words[at] === word) ? words.slice(npm.length) : undefined;
}
