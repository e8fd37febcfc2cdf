// Loaded before a replica's own code (`node --import`), so that its wall clock can jump as a machine's does when its time is set. Timers and
// `performance.now()` run on, for those of a machine do so, too.
const RealDate = Date;
let offsetMs = 0;
const now = () => RealDate.now() + offsetMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});
RealDate.prototype.constructor = globalThis.Date;

process.on('message', ({ jumpMs }) => {
  offsetMs = jumpMs;
});
// Whoever may let the clock jump must not keep the service from ending.
process.channel?.unref();
