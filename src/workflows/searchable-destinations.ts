/** The search attribute that has them. */
export const DESTINATIONS_ATTRIBUTE = { name: 'PromoterDestinations', type: 'KEYWORD_LIST' } as const;

/** Temporal's servers refuse an attribute of more than 2,048 bytes unless they are told otherwise. */
const LARGEST_VALUE = 2000;

/** Destinations as they can be searched for: in full, or by host where they are many, or as many hosts as there is room. */
export function searchableDestinations(destinations: readonly string[]): string[] {
  if (sizeOf(destinations) <= LARGEST_VALUE) return [...destinations];
  const hosts = [...new Set(destinations.map((destination) => destination.split('/', 1)[0] ?? ''))];
  let size = 0;
  return hosts.filter((host) => (size += sizeOf([host])) <= LARGEST_VALUE);
}

function sizeOf(value: readonly string[]): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
