import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions } from 'fastify';
import type { Server } from 'node:http';
import type { Servers } from './servers.js';

/** The adapter of the framework, with all servers that pass requests to it. */
export class ServerAdapter extends FastifyAdapter {
  constructor(
    options: FastifyHttpOptions<Server>,
    readonly servers: Servers,
  ) {
    super(options);
  }
}
