import { bundleBytes } from '../../../src/manifest/bundle.ts';
import { TAG, type Arena } from './arena.ts';

/** A manifest that asks for images in a trial's repositories, as the plan store takes it. */
export function manifestOf(
  { images }: Pick<Arena, 'images'>,
  trial: string,
  hosts: readonly string[],
  /** Host and project. */
  staging: string,
): Uint8Array {
  const places = hosts.map((host) => `- name: ${host}/prod/${trial}\n`);
  const entries = [...images].map(([name, { root }]) => `- name: ${name}\n  dmap:\n    "${root.digest}": ["${TAG}"]\n`);
  const text = `registries:\n- name: ${staging}\n  src: true\n${places.join('')}images:\n${entries.join('')}`;
  return bundleBytes({ kind: 'plain', files: [{ path: 'manifest.yaml', text }] });
}
