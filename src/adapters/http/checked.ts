import { Injectable, type ArgumentMetadata, type PipeTransform, type Type } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { parseJson } from '../gateways/gateway.js';
import { invalid, problem, ProblemError, type FieldFault, type Problem } from './problem.js';

/** No request of this API nests deeper; what does was made to overflow a stack. */
const MAX_DEPTH = 8;
const MAX_FAULTS = 20;

/** What was asked for, or the problem with it. */
export type Checked<Shape> = { readonly value: Shape } | { readonly problem: Problem };

/** Of a write that says all in its path: no bytes at all, or an empty object. */
@ApiSchema({ name: 'NoBody' })
export class NoBody {}

/** Reads an admin write's bytes: JSON by its content type, an object, and of this shape, in that order. */
export function checkedBody<Shape extends object>(
  shape: Type<Shape>,
  contentType: string | undefined,
  bytes: Buffer,
): Checked<Shape> {
  if (bytes.length === 0 && (shape as Type<object>) === NoBody) return { value: new shape() };
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    return { problem: problem(415, 'The body must be sent as application/json.') };
  }
  const body = parseJson(bytes);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { problem: problem(400, 'The body is not a JSON object in UTF-8.') };
  }
  return checked(shape, body);
}

/**
 * An instance of the shape, as class-validator's decorators on it demand; fields that it does not name are
 * refused. Names that every object has (`constructor`, `__proto__`) are refused before the validator sees
 * them: it would believe them.
 */
export function checked<Shape extends object>(shape: Type<Shape>, plain: object): Checked<Shape> {
  if (!isPlain(plain, MAX_DEPTH)) {
    return {
      problem: problem(400, 'The request is nested too deeply, or names a field that every object has.'),
    };
  }
  const value = plainToInstance(shape, plain);
  const faults = validateSync(value, { whitelist: true, forbidNonWhitelisted: true }).flatMap(
    ({ property, constraints = {} }): FieldFault[] =>
      Object.entries(constraints).map(([rule, message]) => ({
        field: property,
        message: rule === 'whitelistValidation' ? 'is no field of this request' : message,
      })),
  );
  return faults.length > 0 ? { problem: invalid(faults.slice(0, MAX_FAULTS)) } : { value };
}

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return (
    depth > 0 &&
    Object.entries(value).every(([key, inner]) => !(key in Object.prototype) && isPlain(inner, depth - 1))
  );
}

/** The query string, as the class of the parameter that it is bound to. */
@Injectable()
export class CheckedQuery implements PipeTransform<object, object> {
  transform(query: object, { metatype }: ArgumentMetadata): object {
    const result = checked(metatype as Type<object>, { ...query });
    if ('problem' in result) throw new ProblemError(result.problem);
    return result.value;
  }
}
