import { readFile } from 'node:fs/promises';
import { writeWhole } from '../../whole-file.ts';
import { onFreePort } from '../ports.ts';

/** A loopback port for each name. */
export type Ports<Name extends string> = Readonly<Record<Name, number>>;

/**
 * Calls `start` with a free port for every name: the one that `file` remembers where it is still free, else a new one,
 * which is then remembered.
 *
 * Ports stay the same over restarts because the issuer's URL, port included, is written into every certificate, and
 * whoever verifies a signature names that URL.
 */
export async function onKeptPorts<Name extends string, Result>(
  file: string,
  names: readonly Name[],
  start: (ports: Ports<Name>) => Promise<Result>,
): Promise<Result> {
  const remembered = await readPorts(file);
  const claim = (pending: readonly Name[], claimed: Readonly<Record<string, number>>): Promise<Result> => {
    const [name, ...others] = pending;
    return name === undefined
      ? writePorts(file, { ...remembered, ...claimed }).then(() => start(claimed as Ports<Name>))
      : onFreePort(remembered[name], (port) => claim(others, { ...claimed, [name]: port }));
  };
  return claim(names, {});
}

async function readPorts(file: string): Promise<Readonly<Record<string, number>>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, number>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

async function writePorts(file: string, ports: Readonly<Record<string, number>>): Promise<void> {
  await writeWhole(file, `${JSON.stringify(ports, undefined, 2)}\n`);
}
