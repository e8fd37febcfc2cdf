// Ends what was started, the newest first: after a measure, at the end of the run, and on Ctrl-C at any moment.
export class Cleanup {
  #steps = [];
  #running = Promise.resolve();

  add(step) {
    this.#steps.push(step);
  }

  /** Also runs the steps that are added meanwhile. Every caller waits for all of them, because one step may depend on another. */
  run() {
    this.#running = this.#running.then(() => this.#runAll());
    return this.#running;
  }

  /** A failing step does not stop the others. */
  async #runAll() {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      await Promise.resolve()
        .then(step)
        .catch((error) => console.error(`While cleaning up: ${error.message}`));
    }
  }
}
