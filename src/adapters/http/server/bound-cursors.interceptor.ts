import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { hash } from 'node:crypto';
import { type Observable, map } from 'rxjs';
import { type List, invalidCursor } from './pagination.js';
import { routedPath } from './routed-path.js';

/** Enough to notice a mistake. It protects nothing: a cursor only says where a page ends. */
const TAG_LENGTH = 8;

/**
 * Binds the cursors of a list to the list and its filters: with any other list or filter they would skip items without a word. The
 * cursor that clients see is a tag of both, followed by the cursor that the route reads and writes. All processes make the same tag.
 */
@Injectable()
class BoundCursorsInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<List<unknown>>): Observable<List<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const query = request.query as Record<string, unknown>;
    const tag = tagOf(request, query);
    // Validation refuses a cursor that is no text.
    if (typeof query.cursor === 'string') {
      if (!query.cursor.startsWith(tag)) throw invalidCursor();
      query.cursor = query.cursor.slice(TAG_LENGTH);
    }
    return next
      .handle()
      .pipe(
        map((page) => (page.nextCursor === null ? page : { ...page, nextCursor: tag + page.nextCursor })),
      );
  }
}

function tagOf(
  request: FastifyRequest,
  { limit: _limit, cursor: _cursor, ...filters }: object & Query,
): string {
  const sorted = Object.entries(filters).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return hash('sha256', JSON.stringify([routedPath(request), sorted]), 'base64url').slice(0, TAG_LENGTH);
}

interface Query {
  readonly limit?: unknown;
  readonly cursor?: unknown;
}

/** For a route whose answer has a `nextCursor`. `ApiList` has it. */
export const BoundCursors = () => UseInterceptors(BoundCursorsInterceptor);
