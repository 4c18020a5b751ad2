// A module of its own: its dependencies must not change those that the API server is built with.
module crossfade/gateway-api

go 1.26.0

require sigs.k8s.io/gateway-api v1.6.3
