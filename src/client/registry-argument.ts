import { parseRepository, type RegistryName } from '../reference.ts';

/** Reads the name of a registry, with slashes at its end or without. @throws PromoterError `RequestInvalid` */
export function registryNamed(text: string): RegistryName {
  const name = text.replace(/\/+$/, '');
  // A registry is a repository without its last part.
  parseRepository(`${name}/image`);
  return name as RegistryName;
}
