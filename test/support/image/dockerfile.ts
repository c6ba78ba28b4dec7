import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { packageRoot } from '../../../src/stack/program-list.ts';

/** What deploy/Dockerfile says, as far as it can be done without an engine. */
export interface Recipe {
  /** The last is the image. */
  readonly stages: readonly { readonly copies: readonly CopyStep[]; readonly runs: readonly string[] }[];
  /** `uid:gid`. */
  readonly user: string;
  /** `NAME=value` each. */
  readonly variables: readonly string[];
  /** The entry point with its own arguments. */
  readonly command: readonly string[];
}

export interface CopyStep {
  /** Whether an earlier stage is copied from, and not this project. */
  readonly fromStage: boolean;
  readonly sources: readonly string[];
  readonly target: string;
}

export async function readDockerfile(): Promise<Recipe> {
  const file = DockerfileParser.parse(await readFile(join(packageRoot(), 'deploy/Dockerfile'), 'utf8'));
  const starts = file.getFROMs().map((from) => from.getRange().start.line);
  const copies = file.getCOPYs().map((copy) => {
    const words = copy.getArguments().map((word) => word.getValue());
    const step = { fromStage: copy.getFromFlag() !== null, sources: words.slice(0, -1), target: words.at(-1) ?? '' };
    return { line: copy.getRange().start.line, step };
  });
  const argumentsOf = (keyword: string): readonly { readonly line: number; readonly text: string }[] =>
    file
      .getInstructions()
      .filter((one) => one.getKeyword() === keyword)
      .map((one) => ({ line: one.getRange().start.line, text: one.getArgumentsContent() ?? '' }));
  return {
    stages: starts.map((start, at) => {
      const isIn = ({ line }: { readonly line: number }): boolean =>
        line > start && line < (starts[at + 1] ?? Infinity);
      return {
        copies: copies.filter(isIn).map(({ step }) => step),
        runs: argumentsOf('RUN')
          .filter(isIn)
          .map(({ text }) => text),
      };
    }),
    user: argumentsOf('USER')[0]?.text ?? '',
    variables: file.getENVs().flatMap((env) => env.getProperties().map((one) => `${one.getName()}=${one.getValue()}`)),
    command: [...file.getENTRYPOINTs(), ...file.getCMDs()].flatMap((one) =>
      one.getJSONStrings().map((text) => text.getJSONValue()),
    ),
  };
}
