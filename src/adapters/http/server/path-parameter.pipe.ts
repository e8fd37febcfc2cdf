import type { PipeTransform } from '@nestjs/common';
import { notFound } from './problem.js';

/** A path parameter that has another format cannot name anything. It is answered 404, and no query is made. */
export class PathParameterPipe implements PipeTransform<string, string> {
  constructor(
    private readonly format: RegExp,
    private readonly what: string,
  ) {}

  transform(value: string): string {
    if (!this.format.test(value)) throw notFound(this.what);
    return value;
  }
}
