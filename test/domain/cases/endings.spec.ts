import { describe, expect, test } from '@jest/globals';
import { ENDINGS, RESOLUTIONS, resolutionFault } from '../../../src/domain/cases/endings.js';
import { CASE_KINDS } from '../../../src/domain/cases/kinds.js';

const ACCEPTABLE = ['paid_late', 'amount_mismatched'];

describe('the endings of a case', () => {
  test('are defined for each kind of case, and for no other', () => {
    expect(Object.keys(ENDINGS).toSorted()).toEqual([...CASE_KINDS].toSorted());
  });

  test('include acceptance exactly for late money and for another amount', () => {
    const acceptable = CASE_KINDS.filter((kind) => ENDINGS[kind].includes('accept'));
    expect(acceptable.toSorted()).toEqual(ACCEPTABLE.toSorted());
  });

  test.each(CASE_KINDS)('%s may be refunded elsewhere with a reference, and dismissed', (kind) => {
    expect(resolutionFault(kind, 'refunded_elsewhere', 'RF-1')).toBeNull();
    expect(resolutionFault(kind, 'refunded_elsewhere', null)).toBe('reference_missing');
    expect(resolutionFault(kind, 'dismiss', null)).toBeNull();
  });

  test.each(CASE_KINDS)('%s is acceptable only if the table says so', (kind) => {
    const fault = ACCEPTABLE.includes(kind) ? null : 'not_acceptable';
    expect(resolutionFault(kind, 'accept', null)).toBe(fault);
    expect(resolutionFault(kind, 'accept', 'RF-1')).toBe(fault);
  });

  test('are resolutions', () => {
    for (const endings of Object.values(ENDINGS))
      for (const ending of endings) expect(RESOLUTIONS).toContain(ending);
  });
});
