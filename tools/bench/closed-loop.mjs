// One caller for each connection. It sends its next callback when it has the answer to the last one. This finds the highest
// throughput; the latencies are those of a queue that is always full. Where a request consists of several steps, a caller sends them
// one after the other; the answer is that of the last step or of the first refused one, and the latency is that of all of them.
import { Answers, isAccepted } from './answers.mjs';
import { openConnection } from './connection.mjs';

/** Resolves when the time is up and the last answers have come. `acknowledged[i]` counts the 2xx answers to request i. */
export function closedLoop(plan, requests) {
  const { ports, connections, copies = 1, warmUpSeconds, seconds } = plan;
  const load = { requests, copies, next: 0, stopped: false, acknowledged: new Uint32Array(requests.count) };
  const begin = () => {
    Object.assign(load, { answers: new Answers(), startedAt: performance.now(), cpu: process.cpuUsage() });
  };
  begin();
  const timers = [
    setTimeout(begin, warmUpSeconds * 1000),
    setTimeout(() => (load.stopped = true), (warmUpSeconds + seconds) * 1000),
  ];
  const callers = Array.from({ length: connections }, (_, index) =>
    keepBusy(load, ports[index % ports.length]),
  );
  return Promise.all(callers).then(() => {
    timers.forEach(clearTimeout);
    const measured = (load.lastAt - load.startedAt) / 1000;
    const { user, system } = process.cpuUsage(load.cpu);
    return {
      ...load.answers.summary(measured),
      generatorCpu: (user + system) / 1e6 / measured,
      ranOut: !load.stopped,
      acknowledged: load.acknowledged,
    };
  });
}

function keepBusy(load, port) {
  return new Promise((resolve, reject) => {
    const { steps = 1 } = load.requests;
    let current = 0;
    let step = 0;
    let sentAt = 0;
    const sendNext = () => {
      // Copies are sent one after the other, so that they are in flight together.
      current = Math.floor(load.next++ / load.copies);
      if (load.stopped || current >= load.requests.count) {
        connection.end();
        resolve();
        return;
      }
      sentAt = performance.now();
      step = 0;
      connection.send(load.requests.at(current, step));
    };
    const onAnswer = (status) => {
      if (isAccepted(status) && ++step < steps) {
        connection.send(load.requests.at(current, step));
        return;
      }
      load.lastAt = performance.now();
      load.answers.add(status, load.lastAt - sentAt);
      if (isAccepted(status)) load.acknowledged[current]++;
      sendNext();
    };
    const connection = openConnection({ port, onReady: sendNext, onAnswer, onLost: reject });
  });
}
