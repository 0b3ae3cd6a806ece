"""Sagas on a real broker: services run unchanged, as processes, with another address to connect to.

`seam` is what a broker must offer; `rabbitmq` and `redis_streams` offer it. `lines` stands between
the services and the broker (and is the payment gateway and the carrier, over HTTP), `seats` are the
processes, `bridge` is the target that the kit sees, `shop` the example.
"""
