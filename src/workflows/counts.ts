/** Adds up counts of the same things, one by one. Activities have a twin of their own: neither side runs the other's code. */
export function addCounts<T extends Readonly<Record<keyof T, number>>>(a: T, b: NoInfer<T>): T {
  const names = Object.keys(a) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as T;
}
