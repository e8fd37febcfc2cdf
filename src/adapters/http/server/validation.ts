import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationError, ValidationTypes } from 'class-validator';
import { parseJson } from '../../gateways/parsing.js';
import { FAULTS_INSIDE, missingField, repeatedParameter, unknownField } from './field-validators.js';
import { type FieldFault, type Problem, ProblemError, invalid, problem } from './problem.js';

/** No request of this API nests deeper. A body that does was made to overflow the stack. */
const MAX_DEPTH = 8;
const MAX_FAULTS = 20;

export type Validated<Shape> = { readonly value: Shape } | { readonly problem: Problem };

/** A valid body, as an instance of its shape and as the JSON that was sent. */
export type ValidatedBody<Shape> =
  { readonly value: Shape; readonly json: object } | { readonly problem: Problem };

/** The body of a write whose path says everything: no bytes at all, or an empty object. */
@ApiSchema({ name: 'NoBody' })
export class NoBody {}

/**
 * Parses and validates the body of an admin write. It checks first that there is a body, then the content type, the JSON and the fields. An
 * empty body has no content type, so a fault of the type would say nothing of what is missing.
 */
export function validateBody<Shape extends object>(
  shape: Type<Shape>,
  contentType: string | undefined,
  bytes: Buffer,
): ValidatedBody<Shape> {
  const takesNone = (shape as Type<object>) === NoBody;
  if (bytes.length === 0) return takesNone ? { value: new shape(), json: {} } : { problem: noBody(shape) };
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    return { problem: takesNone ? NOT_JSON_NOR_EMPTY : NOT_JSON };
  }
  const body = parseJson(bytes);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { problem: takesNone ? NOT_AN_EMPTY_OBJECT : NOT_AN_OBJECT };
  }
  const validated = validate(shape, body);
  return 'problem' in validated ? validated : { ...validated, json: body };
}

/** Validates the query string by the class of the parameter that it is bound to. */
@Injectable()
export class QueryValidationPipe implements PipeTransform<object, object> {
  transform(query: object, { metatype }: ArgumentMetadata): object {
    const result = validate(metatype as Type<object>, { ...query }, 'parameter');
    if ('problem' in result) throw new ProblemError(result.problem);
    return result.value;
  }
}

/**
 * Makes an instance of the shape and checks it by the decorators of class-validator. Fields that the shape does not have are
 * refused. Names that every object has (`constructor`, `__proto__`) are refused first, because the validator would take them for
 * fields of the shape.
 */
function validate<Shape extends object>(
  shape: Type<Shape>,
  plain: object,
  kind: 'field' | 'parameter' = 'field',
): Validated<Shape> {
  if (!isPlain(plain, MAX_DEPTH)) return { problem: NOT_PLAIN };
  const value = plainToInstance(shape, plain);
  const faults = validateSync(value, OPTIONS).flatMap((error) => faultsOf(error, kind));
  return faults.length > 0 ? { problem: invalid(faults.slice(0, MAX_FAULTS)) } : { value };
}

/** A shape without fields, such as `NoBody`, is checked like any other: the validator would call its value unknown. */
const OPTIONS = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false };

/**
 * The fault of a field, one for each field. Of several it is that of the decorator that is written first, which runs last. The faults
 * of the fields inside it count only if it is itself an object.
 */
function faultsOf(error: ValidationError, kind: 'field' | 'parameter', path = ''): FieldFault[] {
  const { property, value, target, constraints = {}, children = [] } = error;
  const field = `${path}${property}`;
  const own = Object.entries(constraints).findLast(([rule]) => rule !== 'nestedValidation');
  if (!own) return children.flatMap((child) => faultsOf(child, kind, `${field}.`));
  const [rule, message] = own;
  if (rule === 'whitelistValidation') return [{ field, message: unknownField(kind, fieldsOf(target)) }];
  // No parameter takes a list, so the query string has it several times.
  if (kind === 'parameter' && Array.isArray(value)) return [{ field, message: repeatedParameter(value) }];
  if (value === undefined) return [{ field, message: missingField(message) }];
  const inside = FAULTS_INSIDE[rule]?.(value) ?? [{ field: '', message }];
  return inside.map((fault) => ({ ...fault, field: [field, fault.field].filter(Boolean).join('.') }));
}

/** The names of the fields that the class of an object has. */
const fieldsOf = (target: object | undefined): string[] => namesIn(rulesOf(target?.constructor ?? Object));

const rulesOf = (shape: object['constructor']) =>
  getMetadataStorage().getTargetValidationMetadatas(shape, '', true, false);

const namesIn = (rules: readonly { readonly propertyName: string }[]): string[] => [
  ...new Set(rules.map(({ propertyName }) => propertyName)),
];

/** The rule of a field that may be absent: then the other rules of the field are not asked. */
const isNotAskedWithoutValue = ({ type, constraints }: ValidationRule): boolean =>
  type === ValidationTypes.CONDITIONAL_VALIDATION && !(constraints[0] as Condition)({}, undefined);

type ValidationRule = ReturnType<typeof rulesOf>[number];
type Condition = (body: object, value: unknown) => boolean;

/** 400 for a body that is missing, with the fields that it must and may have. */
function noBody(shape: Type<object>): Problem {
  const rules = rulesOf(shape);
  const optional = new Set(namesIn(rules.filter(isNotAskedWithoutValue)));
  const names = namesIn(rules);
  const required = names.filter((name) => !optional.has(name));
  const must = required.length > 0 ? `It must have ${required.join(', ')}.` : '';
  const may =
    optional.size > 0 ? `It may have ${names.filter((name) => optional.has(name)).join(', ')}.` : '';
  const advice = 'Send one JSON object with the header Content-Type: application/json.';
  const sentences = ['The body is missing; nothing was changed.', advice, must, may];
  return problem(400, sentences.filter(Boolean).join(' '));
}

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return (
    depth > 0 &&
    Object.entries(value).every(([key, inner]) => !(key in Object.prototype) && isPlain(inner, depth - 1))
  );
}

const NOT_JSON = problem(
  415,
  'The Content-Type is not application/json; nothing was changed. Send the body as application/json.',
);
const NOT_AN_OBJECT = problem(
  400,
  'The body is not a JSON object in UTF-8; nothing was changed. Send one JSON object.',
);
const NO_BODY_NEEDED = 'nothing was changed. This request needs no body: send none, or the JSON object {}.';
const NOT_JSON_NOR_EMPTY = problem(
  415,
  `The body has another Content-Type than application/json; ${NO_BODY_NEEDED}`,
);
const NOT_AN_EMPTY_OBJECT = problem(400, `The body is not a JSON object in UTF-8; ${NO_BODY_NEEDED}`);
const NOT_PLAIN = problem(
  400,
  'The request is nested too deeply, or has a field with a reserved name such as `constructor`; nothing ' +
    'was changed.',
);
