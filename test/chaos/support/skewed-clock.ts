// Loaded before a worker: its clock is wrong by CLOCK_SKEW_MS.
const skew = Number(process.env['CLOCK_SKEW_MS']);
const RealDate = Date;

class SkewedDate extends RealDate {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(RealDate.now() + skew);
    else super(...(given as [number]));
  }

  static override now(): number {
    return RealDate.now() + skew;
  }
}

globalThis.Date = SkewedDate as DateConstructor;
