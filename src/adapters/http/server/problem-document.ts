import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Text } from './openapi-fields.js';

export class FieldFaultDocument {
  @Text('total') readonly field: string;
  @Text('amount must be greater than zero') readonly message: string;
}

/** A problem as OpenAPI describes it. */
export class ProblemDocument {
  @Text('about:blank') readonly type: string;
  @Text('Unprocessable Entity') readonly title: string;
  @ApiProperty({ type: 'integer', example: 422 }) readonly status: number;
  @Text() readonly detail: string;
  @ApiPropertyOptional({
    type: String,
    description: 'For programs: a code is never renamed. Later releases may add codes.',
    example: 'number_taken',
  })
  readonly code?: string;
  @ApiPropertyOptional({
    type: [FieldFaultDocument],
    description:
      'With `invalid`: all faults that the request alone shows, one for each field, at most 20. If there are none, one fault that depends ' +
      'on the configuration or on what is stored, such as a gateway that is not configured.',
  })
  readonly errors?: readonly FieldFaultDocument[];
  @ApiPropertyOptional({
    type: String,
    description:
      'With `number_taken`: the field of the request that has the number. `placeOrder`: `orderNumber` if the order exists, otherwise ' +
      '`payment.paymentNumber`. `openPayment`: `paymentNumber`.',
    example: 'payment.paymentNumber',
  })
  readonly field?: string;
  @ApiPropertyOptional({
    type: [String],
    description: 'With a transition that is not allowed: the statuses that are allowed now.',
  })
  readonly allowedTransitions?: readonly string[];
}
