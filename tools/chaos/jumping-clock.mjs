// Loaded before the code of a replica (`node --import`). It lets the wall clock jump, as on a machine whose time is set. Timers and
// `performance.now()` are not affected, as on a real machine.
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
// The channel to the parent must not keep the process alive.
process.channel?.unref();
