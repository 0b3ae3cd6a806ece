"""Sagas in any language: a process that speaks JSON lines over its stdin and stdout.

`protocol` has the messages, `connection` the child process, `target` what the kit sees of it;
`routing` makes one target of several processes. docs/protocol.md is for those who write a client.
"""
