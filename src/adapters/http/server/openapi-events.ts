import type { OpenAPIObject } from '@nestjs/swagger';

type Webhooks = NonNullable<OpenAPIObject['webhooks']>;

/** Gives the body of each event a name, such as `OrderPaidEvent`, and each webhook an operation id, so that generated clients have both. */
export function nameEvents(document: OpenAPIObject, webhooks: Webhooks): Webhooks {
  const schemas = document.components!.schemas!;
  const named = Object.entries(webhooks).map(([type, item]) => {
    const { post } = item as unknown as { post: Post };
    const name = `${pascal(type)}Event`;
    const { schema, ...content } = post.requestBody.content['application/json'];
    schemas[name] = schema;
    const requestBody = {
      ...post.requestBody,
      content: { 'application/json': { ...content, schema: { $ref: `#/components/schemas/${name}` } } },
    };
    return [
      type,
      { ...item, post: { operationId: `on${pascal(type)}`, security: [], ...post, requestBody } },
    ];
  });
  return Object.fromEntries(named) as Webhooks;
}

interface Post {
  readonly requestBody: { readonly content: { readonly 'application/json': { readonly schema: object } } };
}

/** `order.refund_requested` becomes `OrderRefundRequested`. */
const pascal = (type: string): string =>
  type
    .split(/[._-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
