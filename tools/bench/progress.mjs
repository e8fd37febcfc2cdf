// One line for each step, with the time that has passed and an estimate of the time that is left.
/** `plan` is the list of steps. Steps of the same name take about the same time. */
export class Progress {
  #since = performance.now();
  #took = new Map();
  #left;

  constructor(plan) {
    this.#left = [...plan];
  }

  say(text) {
    console.log(`${clock((performance.now() - this.#since) / 1000)}  ${text}`);
  }

  /** Runs a step, and returns its result. */
  async step(name, label, work) {
    this.say(`${label} …`);
    const since = performance.now();
    const result = await work();
    this.#took.set(name, (performance.now() - since) / 1000);
    this.#left.splice(this.#left.indexOf(name), 1);
    return result;
  }

  /** A step that has not run yet is estimated by the average of the others. */
  remaining() {
    const known = [...this.#took.values()];
    const average = known.reduce((sum, seconds) => sum + seconds, 0) / known.length;
    const seconds = this.#left.reduce((sum, name) => sum + (this.#took.get(name) ?? average), 0);
    return this.#left.length === 0 ? 'nothing left' : `about ${clock(seconds)} left`;
  }
}

function clock(seconds) {
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}
