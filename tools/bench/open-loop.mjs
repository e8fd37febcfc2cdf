// Callbacks at a fixed rate, whether or not the service keeps up, as in a flash sale. A latency starts when a callback was due, so
// it includes the wait for a free connection and for this program.
import { Answers, isAccepted } from './answers.mjs';
import { openConnection } from './connection.mjs';

/** The wait for the answers that are outstanding when the time is up: the longest time that the service takes for an answer. */
const LAST_ANSWERS_MS = 5_000;

export async function openLoop(plan, requests) {
  const { rate, warmUpSeconds, seconds } = plan;
  const load = {
    requests,
    acknowledged: new Uint32Array(requests.count),
    answers: new Answers(),
    sent: new Answers(),
    /** The answers by the names of the requests, where they have names. */
    named: {},
    due: [],
    taken: 0,
    underWay: 0,
    lost: 0,
  };
  load.free = await openAll(load, plan);
  load.startedAt = performance.now();
  load.from = load.startedAt + warmUpSeconds * 1000;
  load.until = load.from + seconds * 1000;
  const before = process.cpuUsage();
  await arrivals(load, rate);
  const { user, system } = process.cpuUsage(before);
  const unsent = load.due.length - load.taken;
  await lastAnswers(load);
  return {
    ...load.answers.summary(seconds),
    sinceSentMs: load.sent.summary(seconds).latencyMs,
    offered: rate,
    unsent,
    unanswered: load.underWay + load.lost,
    named: Object.fromEntries(
      Object.entries(load.named).map(([name, answers]) => [name, answers.summary(seconds).latencyMs]),
    ),
    generatorCpu: (user + system) / 1e6 / (warmUpSeconds + seconds),
    acknowledged: load.acknowledged,
  };
}

/** Opens all connections beforehand, because opening one later would cost the busy service time. */
async function openAll(load, { ports, connections }) {
  const opened = Array.from({ length: connections }, (_, index) => open(load, ports[index % ports.length]));
  return Promise.all(opened);
}

function open(load, port) {
  return new Promise((resolve, reject) => {
    const caller = { index: 0, intendedAt: 0, sentAt: 0 };
    const onAnswer = (status) => {
      const now = performance.now();
      load.underWay--;
      if (isAccepted(status)) load.acknowledged[caller.index]++;
      if (now >= load.from && now < load.until) {
        load.answers.add(status, now - caller.intendedAt);
        addNamed(load, caller.index, status, now - caller.intendedAt);
        load.sent.add(status, now - caller.sentAt);
      }
      if (load.taken < load.due.length && now < load.until) dispatch(load, caller);
      else load.free.push(caller);
      if (load.underWay === 0) load.onIdle?.();
    };
    const onLost = (error) => (load.free ? load.lost++ : reject(error));
    caller.connection = openConnection({ port, onReady: () => resolve(caller), onAnswer, onLost });
  });
}

function addNamed({ requests, named }, index, status, ms) {
  const name = requests.nameOf?.(index);
  if (name) (named[name] ??= new Answers()).add(status, ms);
}

/** Sends the callback that has been due for the longest time. */
function dispatch(load, caller) {
  caller.index = load.taken;
  caller.intendedAt = load.due[load.taken++];
  caller.sentAt = performance.now();
  load.underWay++;
  caller.connection.send(load.requests.at(caller.index));
}

function arrivals(load, rate) {
  return new Promise((resolve) => {
    const tick = () => {
      const now = performance.now();
      const until = Math.min(load.requests.count, Math.floor(((now - load.startedAt) / 1000) * rate));
      while (load.due.length < until) {
        load.due.push(load.startedAt + ((load.due.length + 1) / rate) * 1000);
        // Uses the connection that has been idle longest: the service closes one that is idle for ten seconds.
        if (load.free.length > 0) dispatch(load, load.free.shift());
      }
      if (now < load.until) setTimeout(tick, 1);
      else resolve();
    };
    tick();
  });
}

async function lastAnswers(load) {
  await new Promise((resolve) => {
    load.onIdle = resolve;
    setTimeout(resolve, load.underWay > 0 ? LAST_ANSWERS_MS : 0);
  });
  load.free.forEach(({ connection }) => connection.end());
}
