// One line for each step, with the time that has passed and the time that is likely left.
/** `plan` is the list of steps to come; those of one name take about as long each time. */
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

  /** Runs a step, and says what came of it. */
  async step(name, label, work) {
    this.say(`${label} …`);
    const since = performance.now();
    const result = await work();
    this.#took.set(name, (performance.now() - since) / 1000);
    this.#left.splice(this.#left.indexOf(name), 1);
    return result;
  }

  /** Steps that were not taken yet are expected to take as long as the others on average. */
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
