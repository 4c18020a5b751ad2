/** A name of a namespace, and of most other objects: a label of DNS (RFC 1123; Kubernetes, "Object Names and IDs"). */
export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export const DNS_LABEL_WORDS = "lower-case letters, digits and dashes, 63 at most, a letter or digit at both ends";

/** A Gateway's name: labels of DNS with dots between them (the same page). */
export const DNS_SUBDOMAIN = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;

export const DNS_SUBDOMAIN_WORDS =
  "lower-case letters, digits, dashes and dots, 253 at most, a letter or digit at both ends";
