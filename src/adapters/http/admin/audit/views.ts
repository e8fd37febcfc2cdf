import { ApiProperty } from '@nestjs/swagger';
import { VIOLATIONS, type Violation } from '../../../../application/audit/audit-queries.js';
import { Count, Enum, NullableText, Text, Time } from '../../server/openapi-fields.js';

export class ViolationDocument {
  @Enum(VIOLATIONS) readonly violation: Violation;
  @Text('stripe') readonly gateway: string;
  @Text() readonly transactionId: string;
  @NullableText('The payment that the money has settled.') readonly paymentNumber: string | null;
  @NullableText() readonly orderNumber: string | null;
  @NullableText('The discrepancy that the violation is about.') readonly discrepancyId: string | null;
}

export class AuditDocument {
  @Time() readonly checkedAt: Date;
  @ApiProperty({ type: String, format: 'date-time' }) readonly from: string;
  @ApiProperty({ type: String, format: 'date-time' }) readonly to: string;
  @Count('How many pieces of money were examined.') readonly pieces: number;
  @Count('How many of them do not have exactly one owner. 0 is the promise.') readonly unowned: number;
  @ApiProperty({ type: [ViolationDocument], description: 'The first hundred.' })
  readonly violations: readonly ViolationDocument[];
}
