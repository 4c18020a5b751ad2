/**
 * The rules that the simulator follows: AWS's sentence and the page that has it, or, where AWS says nothing, what is assumed.
 *
 * The sentences were read in the AWS guides' public sources (their last version, June 2023) or in the pages themselves. Some are
 * shortened, or joined from one page; none says what its page does not.
 */
export interface Rule {
  /** AWS's words, or the assumption. */
  readonly says: string;
  /** The page. Absent for an assumption. */
  readonly page?: string;
}

const ALB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application";
const ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide";
const DNS = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide";
const ASG = "https://docs.aws.amazon.com/autoscaling/ec2/userguide";

const DOCUMENTED = {
  "rule-priority": {
    says: "Rules are evaluated in priority order, from the lowest value to the highest value. The default rule is evaluated last.",
    page: `${ALB}/load-balancer-listeners.html`,
  },
  wildcards: {
    says: "The following wildcard characters are supported in the comparison strings: * (matches 0 or more characters) and ? (matches exactly 1 character).",
    page: `${ALB}/load-balancer-listeners.html`,
  },
  "weighted-forward": {
    says: "Requests that match a listener rule with weighted target groups are distributed to these target groups based on their weights.",
    page: `${ALB}/load-balancer-listeners.html`,
  },
  "cookie-outranks-weight": {
    says: "When the load balancer receives a request that matches a rule with target group stickiness enabled and contains the cookie, the request is routed to the target group specified in the cookie.",
    page: `${ALB}/load-balancer-listeners.html`,
  },
  "no-registered-targets": {
    says: "HTTP 503: Service unavailable. The target groups for the load balancer have no registered targets.",
    page: `${ALB}/load-balancer-troubleshooting.html`,
  },
  "healthy-only": {
    says: "Each load balancer node routes requests only to the healthy targets in the enabled Availability Zones for the load balancer.",
    page: `${ALB}/target-group-health-checks.html`,
  },
  "initial-health-checks": {
    says: "Before a target can receive requests from the load balancer, it must pass the initial health checks.",
    page: `${ALB}/target-group-health-checks.html`,
  },
  "one-check-to-be-healthy": {
    says: "After your target is registered, it must pass one health check to be considered healthy.",
    page: `${ALB}/target-group-health-checks.html`,
  },
  "unhealthy-threshold": {
    says: "The number of consecutive failed health checks required before considering a target unhealthy.",
    page: `${ALB}/target-group-health-checks.html`,
  },
  "fail-open": {
    says: "If a target group contains only unhealthy registered targets, the load balancer routes requests to all those targets, regardless of their health status.",
    page: `${ALB}/target-group-health-checks.html`,
  },
  "unused-without-a-rule": {
    says: "unused: The target is not registered with a target group, the target group is not used in a listener rule, the target is in an Availability Zone that is not enabled, or the target is in the stopped or terminated state.",
    page: `${ALB}/target-group-health-checks.html`,
  },
  draining: {
    says: "Elastic Load Balancing stops sending requests to targets that are deregistering. By default, Elastic Load Balancing waits 300 seconds before completing the deregistration process, which can help in-flight requests to the target to complete.",
    page: `${ALB}/edit-target-group-attributes.html`,
  },
  "deregistration-delay": {
    says: "HTTP 502: The deregistration delay period elapsed for a request being handled by a target that was deregistered.",
    page: `${ALB}/load-balancer-troubleshooting.html`,
  },
  "target-refuses": {
    says: "HTTP 502: The load balancer received a TCP RST from the target when attempting to establish a connection.",
    page: `${ALB}/load-balancer-troubleshooting.html`,
  },
  "target-closes": {
    says: "HTTP 502: The target closed the connection with a TCP RST or a TCP FIN while the load balancer had an outstanding request to the target.",
    page: `${ALB}/load-balancer-troubleshooting.html`,
  },
  "zone-isolation": {
    says: "When cross-zone load balancing is off, each load balancer node distributes traffic only across the registered targets in its Availability Zone.",
    page: `${ALB}/disable-cross-zone.html`,
  },
  "empty-zone": {
    says: "This is to avoid an Availability Zone being empty while cross-zone load balancing is off, as this triggers a 503 error for all HTTP requests that enter the empty Availability Zone.",
    page: `${ALB}/disable-cross-zone.html`,
  },
  "unhealthy-zone-leaves-dns": {
    says: "When there is at least one target group with all unhealthy targets, the IP addresses of the load balancer nodes are removed from DNS.",
    page: `${ALB}/disable-cross-zone.html`,
  },
  "group-in-use": {
    says: "You can delete a target group if it is not referenced by the forward actions of any listener rules.",
    page: `${ALB}/delete-target-group.html`,
  },
  "balancer-takes-listeners": {
    says: "You can delete a listener at any time. When you delete a load balancer, all its listeners are deleted.",
    page: `${ALB}/delete-listener.html`,
  },
  "one-balancer-a-group": {
    says: "You can use each target group with only one load balancer.",
    page: `${ALB}/load-balancer-target-groups.html`,
  },
  "deletion-protection": {
    says: "You can't delete a load balancer if deletion protection is enabled.",
    page: `${ALB}/load-balancer-delete.html`,
  },
  "default-action": {
    says: "If the conditions for none of a listener's rules are met, then the action for the default rule is performed.",
    page: `${ALB}/load-balancer-listeners.html`,
  },
  "drain-before-stop": {
    says: "When the service scheduler replaces a task during an update, the service first removes the task from the load balancer (if used) and waits for the connections to drain.",
    page: `${ECS}/update-service.html`,
  },
  "minimum-healthy-percent": {
    says: "The minimumHealthyPercent represents the lower limit on the number of tasks that should be running for a service during a deployment. This value is rounded up.",
    page: `${ECS}/deployment-type-ecs.html`,
  },
  "maximum-percent": {
    says: "The maximumPercent parameter represents an upper limit on the number of your service's tasks that are allowed in the RUNNING, STOPPING, or PENDING state during a deployment. It is rounded down to the nearest integer.",
    page: `${ECS}/service_definition_parameters.html`,
  },
  "healthy-before-counted": {
    says: "If a task has no essential containers with a health check defined, the service scheduler waits for the load balancer target group health check to return a healthy status before counting the task towards the minimum healthy percent total.",
    page: `${ECS}/service_definition_parameters.html`,
  },
  "unhealthy-task-replaced": {
    says: "The service scheduler also replaces tasks determined to be unhealthy after a container health check or a load balancer target group health check fails.",
    page: `${ECS}/ecs_services.html`,
  },
  "grace-period": {
    says: "The period of time, in seconds, that the Amazon ECS service scheduler should ignore unhealthy Elastic Load Balancing target health checks after a task enters a RUNNING state.",
    page: `${ECS}/service_definition_parameters.html`,
  },
  "scaling-group-registers": {
    says: "Instances that are launched by your Auto Scaling group are automatically registered with the load balancer. Likewise, instances that are terminated by your Auto Scaling group are automatically deregistered from the load balancer.",
    page: `${ASG}/autoscaling-load-balancer.html`,
  },
  "scaling-group-drains": {
    says: "If connection draining is enabled for the load balancer, the instance stops accepting new connections and waits for existing connections to drain before completing the deregistration process.",
    page: `${ASG}/lifecycle-hooks-overview.html`,
  },
  "detached-keeps-running": {
    says: "When you detach a load balancer, it enters the Removing state while deregistering the instances in the group. The instances remain running after they deregister.",
    page: `${ASG}/load-balancer-status.html`,
  },
  "weighted-records": {
    says: "Amazon Route 53 sends traffic to a resource based on the weight that you assign to the record as a proportion of the total weight for all records in the group.",
    page: `${DNS}/routing-policy-weighted.html`,
  },
  "all-records-zero": {
    says: "If you set Weight to 0 for all of the records in the group, traffic is routed to all resources with equal probability.",
    page: `${DNS}/resource-record-sets-values-weighted.html`,
  },
  "healthy-record": {
    says: "If the record is unhealthy, Route 53 chooses another record using the same criteria and repeats the process until it finds a healthy record.",
    page: `${DNS}/health-checks-how-route-53-chooses-records.html`,
  },
  "zero-weight-when-others-fail": {
    says: "If all the records that have a weight greater than 0 are unhealthy, then Route 53 considers the zero-weighted records.",
    page: `${DNS}/health-checks-how-route-53-chooses-records.html`,
  },
  "no-healthy-record": {
    says: "If none of the records in a group of records are healthy, Route 53 considers all the records in the group to be healthy.",
    page: `${DNS}/health-checks-how-route-53-chooses-records.html`,
  },
  "alias-target-health": {
    says: "For an Application or Network Load Balancer to be considered healthy, every target group that contains targets must contain at least one healthy target. A target group that has no registered targets is considered unhealthy.",
    page: `${DNS}/resource-record-sets-values-weighted-alias.html`,
  },
  "dns-cache": {
    says: "If you specify a longer value for TTL, it takes longer for changes to the record to take effect because recursive resolvers use the values in their cache for longer periods before they ask Route 53 for the latest information.",
    page: `${DNS}/resource-record-sets-values-weighted.html`,
  },
  "negative-cache": {
    says: "This value helps define the length of time that recursive resolvers should cache NXDOMAIN responses: the lesser of the minimum TTL in the SOA record and the TTL for the SOA record. The default value is 900 seconds.",
    page: `${DNS}/SOA-NSrecords.html`,
  },
  "dns-propagation": {
    says: "Changes generally propagate to all Route 53 name servers within 60 seconds.",
    page: `${DNS}/resource-record-sets-editing.html`,
  },
} as const satisfies Record<string, Rule>;

const ASSUMED = {
  "late-adoption": {
    says: "Each node adopts each resource's changes in their order, 0 to 5 s after the API call, and the resources independently of each other. AWS names no bound.",
  },
  "no-fall-over": {
    says: "A request stays with the target group that its weight or cookie chose, even if the group is empty or unhealthy. The guides say this only by implication.",
  },
  "all-weights-zero": { says: "A forward action whose weights are all 0 answers 503." },
  "cookie-renewed": {
    says: "The expiry of AWSALBTG is reset by each request, as the sticky-sessions page says of the cookies that the balancer generates for targets.",
  },
  "deletion-cuts": {
    says: "The deletion of a balancer, a listener or a target group takes effect on all nodes at once and ends requests in flight.",
  },
  "service-needs-attached-group": {
    says: "ECS refuses a service whose target group has no associated load balancer (seen in users' reports of InvalidParameterException).",
  },
  "priority-in-use": {
    says: "A rule with a priority that another rule of the listener has is refused (API error PriorityInUse).",
  },
  "name-in-use": { says: "A second balancer or target group of the same name is refused (API errors Duplicate…Name)." },
  "zone-not-empty": {
    says: "A hosted zone with records is not deleted (API error HostedZoneNotEmpty), unless the provider may destroy them first.",
  },
  "record-exists": {
    says: "Creating a record set that exists already is refused (InvalidChangeBatch), unless it may overwrite.",
  },
  "keep-alive": {
    says: "A client reuses its connection, and does not resolve the name again, until it is idle-closed or its keep-alive time is over.",
  },
  "one-attempt": { says: "A client tries one address of the answer, once." },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof DOCUMENTED | keyof typeof ASSUMED;

export const RULES: Record<RuleName, Rule> = { ...DOCUMENTED, ...ASSUMED };

/** The rules that a simulation can leave out: the others have nothing in their place. */
export type SwitchableRule = Extract<
  RuleName,
  | "cookie-outranks-weight"
  | "no-fall-over"
  | "healthy-only"
  | "initial-health-checks"
  | "fail-open"
  | "zone-isolation"
  | "draining"
  | "late-adoption"
  | "drain-before-stop"
  | "minimum-healthy-percent"
  | "healthy-record"
  | "dns-cache"
  | "dns-propagation"
  | "keep-alive"
>;
