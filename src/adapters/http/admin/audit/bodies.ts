import { IsNotBefore } from '../../server/field-validators.js';
import { IsEndOfRange } from '../../server/pagination.js';

export class AuditQuery {
  @IsEndOfRange('Only money of this time or later. ISO 8601 with its offset.')
  readonly from?: string;

  @IsEndOfRange(
    'Only money before this time, which is not included. ISO 8601 with its offset. Not before `from`.',
  )
  @IsNotBefore('from')
  readonly to?: string;
}
