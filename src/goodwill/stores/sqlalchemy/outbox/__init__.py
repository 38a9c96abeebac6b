"""What is told to other systems: events written beside facts in the host's transaction, and the relay that sends them.

Writing (`writing.py`) needs nothing but the store. The relay (`relay.py`) posts them as CloudEvents, signed; its
libraries are the extra `outbox`, and this package imports none of them by itself.
"""
