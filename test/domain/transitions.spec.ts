import { expect, test } from '@jest/globals';
import { ORDER_MOVES } from '../../src/domain/orders/order.js';
import { canMove, reachable } from '../../src/domain/transitions.js';

test('a name that is not in the table is no move and leads nowhere', () => {
  expect(canMove(ORDER_MOVES, 'giveAway', 'pending')).toBe(false);
  expect(reachable(ORDER_MOVES, ['giveAway'], 'pending')).toEqual([]);
});
