import http from 'node:http';
import https from 'node:https';

/** A connection that is not used for so long is closed. */
const IDLE_MS = 30_000;

interface Connections {
  readonly agents: { readonly 'http:': http.Agent; readonly 'https:': https.Agent };
  usedAt: number;
}

/**
 * The connections of each endpoint, which no other endpoint shares, though both may be on one host. So a receiver that does not answer
 * uses up its own connections only.
 */
export class EndpointAgents {
  private readonly byEndpoint = new Map<string, Connections>();
  private sweptAt = performance.now();

  /** @param connections how many one endpoint may have at the same time. */
  constructor(private readonly connections: number) {}

  agentFor(endpointId: string, protocol: 'http:' | 'https:'): http.Agent {
    const now = performance.now();
    if (now - this.sweptAt > IDLE_MS) this.sweep(now);
    const known = this.byEndpoint.get(endpointId);
    const found = known ?? { agents: this.newAgents(), usedAt: now };
    found.usedAt = now;
    if (!known) this.byEndpoint.set(endpointId, found);
    return found.agents[protocol];
  }

  /** How many endpoints have connections, or had some a short time ago. */
  get size(): number {
    return this.byEndpoint.size;
  }

  /** Closes all connections, also those in use. */
  close(): void {
    this.byEndpoint.forEach(destroy);
    this.byEndpoint.clear();
  }

  /** Closes the connections of endpoints that nothing was sent to for a while, such as removed ones. Their requests have ended by then. */
  private sweep(now: number): void {
    this.sweptAt = now;
    for (const [id, connections] of this.byEndpoint) {
      if (now - connections.usedAt <= IDLE_MS) continue;
      destroy(connections);
      this.byEndpoint.delete(id);
    }
  }

  private newAgents(): Connections['agents'] {
    const { connections: maxSockets } = this;
    const options = { keepAlive: true, maxSockets, maxFreeSockets: maxSockets, timeout: IDLE_MS };
    return { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  }
}

function destroy({ agents }: Connections): void {
  Object.values(agents).forEach((agent) => agent.destroy());
}
