import { afterEach, expect, jest, test } from '@jest/globals';
import { EndpointAgents } from '../../src/adapters/webhooks/endpoint-agents.js';

afterEach(() => void jest.useRealTimers());

test('each endpoint has connections of its own, and one agent for each protocol', () => {
  const agents = new EndpointAgents(32);
  const first = agents.agentFor('1', 'http:');
  expect(agents.agentFor('1', 'http:')).toBe(first);
  expect(agents.agentFor('2', 'http:')).not.toBe(first);
  expect(agents.agentFor('1', 'https:')).not.toBe(first);
  expect(first).toMatchObject({ maxSockets: 32, maxFreeSockets: 32 });
});

test('the connections of an endpoint that nothing is sent to for half a minute are closed, as those of a removed one', () => {
  jest.useFakeTimers();
  const agents = new EndpointAgents(32);
  const removed = agents.agentFor('1', 'http:');
  const busy = agents.agentFor('2', 'http:');
  const closed = jest.spyOn(removed, 'destroy');
  jest.advanceTimersByTime(20_000);
  agents.agentFor('2', 'http:');
  expect(agents.size).toBe(2);
  jest.advanceTimersByTime(11_000);
  expect(agents.agentFor('2', 'http:')).toBe(busy);
  expect(agents.size).toBe(1);
  expect(closed).toHaveBeenCalledTimes(1);
  agents.close();
  expect(agents.size).toBe(0);
});
