import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { playStories, type Played } from './play-stories.js';
import { playStory } from './play-story.js';
import { startPostgresStages } from './postgres-stage.js';
import { storyText } from './report.js';
import { memoryStage, type OpenStage } from './stage.js';
import type { Story } from './story.js';

const HELP = `npm run model -- [--steps 100000] [--seed N] [--postgres] [--first N] [--story FILE]

  --steps     how many steps in total. A story has up to 40; a callback of a batch is a step
  --seed      the same seed makes the same stories (random by default, and printed)
  --postgres  on a temporary PostgreSQL in place of tables in memory
  --first     the number of the seed's first story (1), to repeat a failure
  --story     plays the one story of this JSON file`;

const PROGRESS_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() & 0x7fff_ffff) },
    first: { type: 'string', default: '1' },
    postgres: { type: 'boolean', default: false },
    story: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const numbers = { steps: Number(values.steps), seed: Number(values.seed), first: Number(values.first) };
const command = `npm run model --${values.postgres ? ' --postgres' : ''}`;

if (values.help || !Object.values(numbers).every(Number.isSafeInteger)) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}
let isStopped = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (isStopped = true));

const stages = values.postgres ? await startPostgresStages() : null;
try {
  process.exitCode = (await play(stages?.open ?? memoryStage)) ? 0 : 1;
} finally {
  await stages?.close();
}

function play(open: OpenStage): Promise<boolean> {
  return values.story === undefined ? playMany(open) : playOne(values.story, open);
}

async function playMany(open: OpenStage): Promise<boolean> {
  const start = performance.now();
  let nextProgress = start + PROGRESS_EVERY_MS;
  const seconds = (): number => (performance.now() - start) / 1_000;
  const rateOf = ({ steps }: Played): string => `${Math.round(steps / seconds())}/s`;
  console.log(`${numbers.steps} steps, seed ${numbers.seed}`);
  const played = await playStories({ ...numbers, command }, open, (so) => {
    if (performance.now() > nextProgress) {
      nextProgress += PROGRESS_EVERY_MS;
      console.log(`  ${so.steps} steps, ${rateOf(so)}`);
    }
    return !isStopped;
  });
  const { steps, stories, excluded, failure } = played;
  for (const [name, count] of excluded) console.log(`  ${count} stories ended at what is excluded: ${name}`);
  if (failure !== null) console.log(failure);
  const verdict = failure === null ? 'The law holds' : 'THE LAW IS BROKEN';
  const size = `${steps} steps in ${stories} stories, ${Math.round(seconds())} s, ${rateOf(played)}`;
  console.log(`${verdict}: ${size}${isStopped ? ', stopped' : ''}, seed ${numbers.seed}`);
  return failure === null;
}

async function playOne(file: string, open: OpenStage): Promise<boolean> {
  const story = JSON.parse(readFileSync(file, 'utf8')) as Story;
  const failure = await playStory(story, 'S', open);
  console.log(storyText(story));
  if (failure) console.log(`Step ${failure.step} breaks: ${failure.sentence}\n${failure.text}`);
  console.log(failure ? 'THE LAW IS BROKEN: 1 story' : 'The law holds: 1 story');
  return failure === null;
}
