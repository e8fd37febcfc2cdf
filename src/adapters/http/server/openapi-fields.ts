import { ApiProperty } from '@nestjs/swagger';
import type { Amount } from '../../../domain/money.js';

// Decorators for the fields of answers, for the OpenAPI document. Each answer's class implements the view that is sent, so the compiler
// finds a field that differs.

export const Text = (example?: string) => ApiProperty({ type: String, example });
export const NullableText = (description?: string) =>
  ApiProperty({ type: String, nullable: true, description });
export const Time = () => ApiProperty({ type: String, format: 'date-time' });
export const NullableTime = (description?: string) =>
  ApiProperty({ type: String, format: 'date-time', nullable: true, description });
export const Count = (description?: string) => ApiProperty({ type: 'integer', description });
export const Enum = (values: readonly string[], description?: string) =>
  ApiProperty({ enum: values, description });
export const JsonObject = () => ApiProperty({ type: 'object', additionalProperties: true });

export class MoneyDocument implements Amount {
  @ApiProperty({
    type: String,
    description: 'A decimal string with at most as many decimals as the currency has (ISO 4217).',
    example: '100.00',
  })
  readonly amount: string;
  @ApiProperty({ type: String, description: 'ISO 4217', example: 'CNY' })
  readonly currency: string;
}

export const NullableMoney = (description?: string) =>
  ApiProperty({ type: MoneyDocument, nullable: true, description });
