import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { lookup } from 'node:dns/promises';
import { AdminTokens } from './admin.guard.js';
import { FailedLogins } from './failed-logins.js';
import { type ListenAddress, ListenFailed } from './listen-address.js';
import { LoadShedding } from './load-shedding.js';
import { noSuchPath } from './problem.js';
import { answerProblem } from './raw-answer.js';
import { type Audience, originForm, routePathOf, serves } from './request-target.js';
import type { ServerAdapter } from './server-adapter.js';

/** Whether operators have a server of their own. */
export const IS_SPLIT = Symbol('whether operators have a server of their own');

const CALLBACKS = '/callbacks/';
/** What answers without a token. The limit for failed log-ins does not apply to it. */
const WITHOUT_TOKEN = /^\/(?:callbacks|health|metrics|docs|docs-json|console)(?:\/|$)/;

/**
 * The servers in front of the routes: one for everyone, or one for gateways and one for operators. Each decides about a request before
 * the framework sees it, because a refusal through the framework costs three times as much.
 */
@Injectable()
export class Listeners implements OnModuleInit {
  private readonly fromGateways = new WeakSet<IncomingMessage>();

  constructor(
    private readonly host: HttpAdapterHost<ServerAdapter>,
    private readonly shedding: LoadShedding,
    private readonly tokens: AdminTokens,
    private readonly failedLogins: FailedLogins,
    @Inject(IS_SPLIT) private readonly isSplit: boolean,
  ) {}

  onModuleInit(): void {
    const first: Server = this.host.httpAdapter.getHttpServer();
    const framework = first.listeners('request').at(-1) as RequestListener;
    first.off('request', framework);
    this.receive(first, this.isSplit ? 'gateways' : 'everyone');
  }

  /** Whether a request came to the server of the gateways, which answers unauthenticated clients of any network. */
  isFromGateways(request: IncomingMessage): boolean {
    return this.fromGateways.has(request);
  }

  /**
   * Listens at the address, and at that of the operators if there is one. Returns the URLs.
   * @throws ListenFailed after everything that listened was closed.
   */
  async listen(
    address: ListenAddress,
    admin: ListenAddress | null,
  ): Promise<{ url: string; adminUrl: string }> {
    const { httpAdapter } = this.host;
    try {
      await httpAdapter.getInstance().ready();
      // Callbacks come last: whoever sends one finds a service that is complete.
      const adminUrl = admin && (await this.open(admin, () => this.addServer('operators')));
      let first: Server | null = httpAdapter.getHttpServer() as Server;
      const url = await this.open(address, () => {
        const server = first ?? this.addServer(this.isSplit ? 'gateways' : 'everyone');
        first = null;
        return server;
      });
      return { url, adminUrl: adminUrl ?? url };
    } catch (error) {
      await httpAdapter.servers.stop();
      throw error;
    }
  }

  /** Opens a server for each address of the host. All of them get the port of the first. */
  private async open(address: ListenAddress, nextServer: () => Server): Promise<string> {
    const { host, port } = address;
    let bound = port;
    try {
      for (const each of await addressesOf(host)) {
        const server = nextServer();
        await listening(server, each, bound);
        bound = portOf(server);
      }
    } catch (error) {
      throw new ListenFailed(error as Error, address);
    }
    return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  }

  private addServer(audience: Audience): Server {
    const server = this.host.httpAdapter.servers.add();
    this.receive(server, audience);
    return server;
  }

  private receive(server: Server, audience: Audience): void {
    const framework = this.host.httpAdapter.getInstance();
    server.on('request', (request, response) => {
      if (!this.answersItself(request, response, audience)) framework.routing(request, response);
    });
  }

  /** Whether the request needs no route, because it was refused. */
  private answersItself(request: IncomingMessage, response: ServerResponse, audience: Audience): boolean {
    const { url = '' } = request;
    if (audience !== 'operators' && this.shedding.sheds(request, response)) return true;
    if (audience !== 'operators' && url.startsWith(CALLBACKS)) return false;
    if (request.socket.destroyed) return true;
    if (!serves(audience, url)) return this.refuseForeign(request, response);
    // The router then decides by the same text.
    if (audience !== 'everyone') request.url = originForm(url);
    if (audience === 'gateways') this.fromGateways.add(request);
    return this.limitsLogin(request, response);
  }

  private refuseForeign(request: IncomingMessage, response: ServerResponse): true {
    this.host.httpAdapter.servers.refused('path', request);
    answerProblem(response, noSuchPath(request.url ?? ''));
    return true;
  }

  /** Refuses requests without a known token early, while their address has no attempts left. Only then there may be thousands a second. */
  private limitsLogin(request: IncomingMessage, response: ServerResponse): boolean {
    const address = this.host.httpAdapter.servers.addressOf(request);
    if (!this.failedLogins.isLimited(address) || WITHOUT_TOKEN.test(routePathOf(request.url ?? '')))
      return false;
    const { authorization = '' } = request.headers;
    if (this.tokens.callerOf(authorization)) return false;
    const { problem, headers } = this.failedLogins.refuse(
      address,
      authorization === '' ? 'missing' : 'unknown',
    );
    this.host.httpAdapter.servers.answerLater(request, () => answerProblem(response, problem, headers));
    return true;
  }
}

/** `localhost` commonly has an IPv4 and an IPv6 address, and clients use either. */
async function addressesOf(host: string): Promise<string[]> {
  if (host !== 'localhost') return [host];
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server has no port');
  return address.port;
}
