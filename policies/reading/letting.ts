interface Letting {
  /** What becomes of users without it. */
  without: string;
  instead: string;
}

const WAY_OUT: Letting = {
  without:
    "The balancer stays, and its nodes in the subnets have no way back to clients: a subnet without an association has the VPC's main route table.",
  instead:
    "Take the subnet from the balancer first, in an update of its own, then remove it. To lead the way elsewhere, change the target of the route, or the table of the association. On a rename, give the new one aliases.",
};

/** Of each type that lets users in to what serves: what its end does to them, and how it goes without loss. */
export const LETTING: Readonly<Record<string, Letting>> = {
  "aws:lb/listenerCertificate:ListenerCertificate": {
    without:
      "The listener stays, and shows clients that ask for a name of this certificate another one: where that has not the name either, they end the handshake.",
    instead:
      "To renew it, change the certificateArn of this resource: the new one is added before the old one is removed. If no client asks for its names any more, let it go by crossfade:breakGlass; on a rename, give the new one aliases.",
  },
  "aws:lambda/permission:Permission": {
    without:
      "The function and its group stay, and the balancer may not invoke it any more: it answers every request with an error of its own.",
    instead:
      "Take the group's weight away first, then remove it; to exchange it, make the new one beside it under a statement id of its own. On a rename, give the new one aliases.",
  },
  "aws:ec2/route:Route": WAY_OUT,
  "aws:ec2/routeTableAssociation:RouteTableAssociation": WAY_OUT,
};
