// What was started is ended, the last first: at the end of a measure, at the end of the run, and on Ctrl-C at any moment.
export class Undo {
  #steps = [];
  #running = Promise.resolve();

  add(step) {
    this.#steps.push(step);
  }

  /** Also takes what is added meanwhile, and ends with it for everybody who asks: one step may stand on another. */
  run() {
    this.#running = this.#running.then(() => this.#takeAll());
    return this.#running;
  }

  /** A step that fails does not keep the others from being taken. */
  async #takeAll() {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      await Promise.resolve()
        .then(step)
        .catch((error) => console.error(`While cleaning up: ${error.message}`));
    }
  }
}
