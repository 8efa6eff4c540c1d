import type { Truth } from "../truth";
import type { Value } from "../value";

/** Both names of the resource for listeners of application, network and gateway load balancers. */
export const listenerTypes = ["aws:lb/listener:Listener", "aws:alb/listener:Listener"] as const;

/**
 * Whether a listener speaks HTTP without TLS. Without a protocol the provider makes it an HTTP listener of an
 * application load balancer; a gateway load balancer's has neither protocol nor port.
 */
export function isPlainHttp(listener: Value): Truth {
  const protocol = listener.at("protocol");
  return protocol.equals("HTTP").or(protocol.isSet().not().and(listener.at("port").isSet()));
}
