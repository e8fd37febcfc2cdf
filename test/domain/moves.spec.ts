import { expect, test } from '@jest/globals';
import { canMove, reachable } from '../../src/domain/moves.js';
import { ORDER_MOVES } from '../../src/domain/order.js';

test('a name that is not in the table is no move and leads nowhere', () => {
  expect(canMove(ORDER_MOVES, 'giveAway', 'pending')).toBe(false);
  expect(reachable(ORDER_MOVES, ['giveAway'], 'pending')).toEqual([]);
});
